import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Intent, readIntent } from '../../../src/lib/domain/intent/intent.ts';

/** What a client writes, and why where it could be meant otherwise. */
type Row = [said: string, why?: string];

const english: Record<Intent, Row[]> = {
  export: [
    ['export'],
    ['Export!'],
    ['EXPORT AS MP4'],
    ['export it as mp4 please'],
    ['please export the video'],
    ['Can you export this in high quality?'],
    ['could you please download the final video'],
    ['Hey, can you just export my video now, please?', 'politeness does not count towards the eight words'],
    ['I want to download it'],
    ['download'],
    ['download the mp4'],
    ['export my holiday video', 'a name for the video is no edit'],
    ['export holiday video'],
    ['send me the video'],
    ['Send me the final video, thanks!'],
    ['please send the video to me'],
    ['the video looks great, export it', 'one of its clauses is the instruction'],
    ['ok looks good, export', 'praise first'],
    ['how do I download the video?', 'the answer to it is the file'],
    ['is the video ready to download?'],
    ['export the draft and send me the link'],
    ['download the logo animation', 'with an article it is the object, not half of a name'],
    ['finish and export'],
    ['Let’s export this!'],
    ['give me the export'],
    ['export and show my balance', 'the verb that leads wins'],
  ],
  credits: [
    ['credits'],
    ['balance?'],
    ['how much balance is left', 'the example of api.md'],
    ['How many credits do I have left?'],
    ["what's my balance"],
    ['What’s my credit balance?'],
    ['check my credits please'],
    ['show credits'],
    ['my remaining credits'],
    ['how many credits does an export cost', 'asks for credits, not for an export'],
    ['do I have enough credits'],
    ['no credits left?'],
    ['buy more credits', 'the answer has the link'],
    ['check my nemo credits', 'a question may name a thing'],
    ['balance of my account'],
    ['am I out of credits?'],
  ],
  state: [
    ['status'],
    ['status please'],
    ['any status update?'],
    ['what is the status of my video?'],
    ['show tracks'],
    ['Show me the tracks'],
    ['show all tracks'],
    ['project status'],
    ['export status', 'asks how it is going, not for another one'],
    ['check the status of my fox video'],
    ['show me the timeline', 'its tracks by another name'],
  ],
  upload: [
    ['upload'],
    ['upload a file'],
    ['please upload these photos'],
    ['can you upload this for me?'],
    ['upload my holiday photos'],
    ['how do I upload a video?'],
  ],
  generate: [
    ['make a video about work-life balance', 'the example of api.md'],
    ['a red fox in deep snow'],
    ['export quality matters, make a trailer', 'the trailer is what is asked for'],
    ['make it brighter and export', 'led by a verb of editing; the agent suggests the export'],
    ['export it and add a title', 'an edit that is dropped is worse than an export that is not made'],
    ['export it, then make it slower'],
    ['add a status bar to the video'],
    ['what is a status symbol', 'a topic'],
    ['download button in a music video', 'a thing to be seen'],
    ['status bar on a phone, close-up', 'a status bar is a thing to be seen'],
    ['download speed animation', 'no client has one to download'],
    ['a download icon spinning'],
    ['a man loses his balance on ice', 'a scene'],
    ['cat on a balance beam'],
    ['balance of sun and shadow', 'a scene'],
    ['what is work-life balance', 'a topic'],
    ['balance the audio tracks', 'here it is a verb of editing'],
    ['set the white balance'],
    ['roll the end credits'],
    ['show end credits', 'the credits of a film'],
    ['closing credits with soft music'],
    ['add credits', 'led by a verb of editing, so those of a film'],
    ['Title: Export', 'the words of a title'],
    ['add the title "Export"', 'quoted words are content'],
    ['"Download now" in big letters'],
    ['export goods arriving at a port', 'goods are not what this exports'],
    ["don't export yet", 'no keyword says no'],
    ['cancel the export', 'an export would be the opposite'],
    ['why can’t I download the video?', 'asks for a reason'],
    ['exporter of fine wines, promo', 'whole words only'],
    ['the statuses of uploads'],
    ['show train tracks at sunset', 'a scene'],
    ['upload progress bar animation'],
    ['upload this and make a trailer'],
    ['send me flowers, a love story', 'flowers are no video'],
    ['make the sky status-quo blue'],
    ['a documentary about how countries export grain to their neighbours', 'more than eight words'],
    ['please can you export export export export export export export export export', 'nine words and no politeness'],
    ['🦊'],
    [''],
  ],
};

const chinese: Record<Intent, Row[]> = {
  export: [
    ['导出'],
    ['导出视频'],
    ['请导出'],
    ['帮我导出一下'],
    ['请帮我把视频导出成 mp4', '把 names the object, the verb is 导出'],
    ['把视频导出'],
    ['将成片下载下来'],
    ['下载'],
    ['下载高清视频'],
    ['可以下载了吗？'],
    ['把视频发给我', 'send me the video'],
    ['发我视频'],
    ['帮我 export 一下'],
    ['匯出影片', 'traditional'],
    ['幫我下載視頻', 'traditional'],
    ['用mp4格式导出'],
    ['很好，导出吧'],
    ['请把成片导出来'],
    ['重新导出'],
  ],
  credits: [
    ['积分'],
    ['余额'],
    ['余额多少？'],
    ['我还有多少积分'],
    ['请查一下余额'],
    ['查询我的账户积分'],
    ['还剩多少积分？'],
    ['积分不够了'],
    ['積分餘額', 'traditional'],
    ['查看 credits'],
  ],
  state: [
    ['状态'],
    ['查看状态'],
    ['现在是什么状态？'],
    ['项目的状态怎么样'],
    ['导出状态', 'asks how it is going'],
    ['显示轨道', 'show tracks'],
    ['狀態', 'traditional'],
  ],
  upload: [['上传'], ['上传文件'], ['请上传这张照片'], ['我要上传视频'], ['上傳照片', 'traditional']],
  generate: [
    ['一只在雪地里的狐狸'],
    ['把标题导出成视频', 'an export takes the whole timeline; only the agent can make a video of a title'],
    ['加一个状态栏', 'led by a verb of editing'],
    ['手机状态栏特写', 'a thing to be seen'],
    ['下载速度动画', 'no client has one to download'],
    ['失重状态的宇航员', 'a scene'],
    ['微积分课程介绍', 'calculus'],
    ['积分商城宣传片', 'a product'],
    ['余额宝广告', 'a product'],
    ['发给我一个笑话', 'a joke is no video'],
    ['做一个关于余额的视频'],
    ['把上传的图片做成视频'],
    ['导出，然后加一个标题', 'an edit that is dropped is worse'],
    ['先不要导出'],
    ['添加标题“导出”', 'quoted words are content'],
    ['让音乐更轻'],
    ['上传照片并做成相册'],
    ['下载视频之前我想先看看第二个镜头', 'more than twelve characters'],
  ],
};

const rows = [english, chinese].flatMap((table) =>
  (Object.keys(table) as Intent[]).flatMap((intent) => table[intent].map(([said]) => [said, intent] as const)),
);

describe('what the words of a message ask for', () => {
  it.each(rows)('%j: %s', (said, intent) => {
    expect(readIntent(said, { hasAssets: false })).toBe(intent);
  });

  it.each<[string, Intent]>([
    ['', 'upload'],
    ['  \n', 'upload'],
    ['upload', 'upload'],
    ['please upload these', 'upload'],
    ['upload my holiday photos', 'upload'],
    ['上传这些照片', 'upload'],
    ['make them dance', 'generate'],
    ['upload these and make a trailer', 'generate'],
    ['upload these photos as a slideshow', 'generate'],
    ['export', 'generate'],
    ['status', 'generate'],
    ['credits', 'generate'],
    ['做成相册', 'generate'],
  ])('with files, %j: %s', (said, intent) => {
    expect(readIntent(said, { hasAssets: true })).toBe(intent);
  });

  it('does not change with politeness, case or punctuation', () => {
    const plain = rows.filter(([said, intent]) => intent !== 'generate' && !/[?？吗呢]/.test(said));
    fc.assert(
      fc.property(fc.constantFrom(...plain), fc.nat(2), fc.nat(2), ([said, intent], before, after) => {
        const han = /\p{Script=Han}/u.test(said);
        const start = (han ? ['', '请', '麻烦帮我'] : ['', 'Please ', 'Could you please '])[before];
        const end = (han ? ['', '谢谢', '。'] : ['', ', thank you!', ' PLEASE'])[after];
        expect(readIntent(`${start}${said}${end}`, { hasAssets: false })).toBe(intent);
      }),
    );
  });

  it('is a message where a keyword stands in a longer text', () => {
    const keywords = fc.constantFrom('export', 'credits', 'status', 'upload', '导出', '积分', '状态', '上传');
    fc.assert(
      fc.property(keywords, fc.nat(9), (keyword, at) => {
        const words = 'a fox walks over the hill while snow is falling'.split(' ').toSpliced(at, 0, keyword);
        expect(readIntent(words.join(' '), { hasAssets: false })).toBe('generate');
      }),
    );
  });

  it('is read in no time, whatever it is', () => {
    const started = performance.now();
    for (const piece of ['please ', 'export ', 'can you ', '请', '导出', 'a', ' ', '"', '，', 'send me ']) {
      for (const length of [199, 100_000]) readIntent(piece.repeat(length).slice(0, length), { hasAssets: false });
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
