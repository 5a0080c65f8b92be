/** api.md, "Messages": the router looks at instructions of at most so many characters; politeness does not count. */
const MAX_CHARACTERS = 12;
/** Latin words in between ("导出 mp4"), as in an English instruction. */
const MAX_WORDS = 8;

/** English keywords in a Chinese sentence are read as Chinese ones. */
const KEYWORDS = { export: '导出', download: '下载', credits: '积分', balance: '余额', status: '状态', upload: '上传' };
/** Traditional characters of the words below, each before its simplified one; Taiwan says 匯出 for 导出. */
const TRADITIONAL = new Map(
  '匯导導导載载積积額额餘余狀状態态傳传視视頻频請请幫帮麻麻煩烦這这個个還还給给發发將将軌轨顯显嗎吗圖图檔档'
    .match(/../gu)
    ?.map(([from = '', to = '']) => [from, to]),
);

const POLITE_START =
  /^(?:请问?|麻烦|帮我|帮忙|帮|替我|能不能|能否|可不可以|可否|可以|你能|你可以|您|我想要?|我要|我需要|劳驾|那么?|好的?|你好|现在|直接|快点?|赶紧|然后|please|[\s，,。！!：:])+/;
const POLITE_END =
  /(?:一下|下来|(?<!导)出来|可以吗|好吗|好不好|行吗|谢谢你?|多谢|吧|吗|么|呢|啊|呀|哦|啦|了|please|[\s，,。.！!？?~～])+$/;
const CLAUSE_END = /[，,。；;！!？?、\n]|然后|之后|并且?|再(?!次)/;
const NEGATED = /别|不要|不用|先不|取消|停止|不能|无法|没法/;

/** Verbs of making and editing. "把视频导出" is led by 导出: what comes after 把 or 将 is only its object. */
const MAKING =
  /^(?:重新)?(?:做|制作|生成|创[建作]|画|写|拍|添加|增加|加|插入|放[入上在大慢]|删|去[掉除]|移除|移动|修改|改|换|替换|剪|裁|截|调|设[置成为]|让|使|配|合成|合并|拼|缩|延长|加[快速]|提高|降低|变|翻转|旋转|静音)/;
const OBJECT =
  /^[把将](?:我们?的?|你的?|这个?|那个?|刚才的?|做好的?|最终的?|最后的?|整个|的|\s)*(?:视频|影片|成片|片子|作品|项目|工程|文件|结果|草稿|它|这个|时间[线轴])(?:都|先|直接|给我)?(?=导出|下载|保存|发)/;
const EXPORT =
  /^(?:重新|再次?)?(?:导出|下载)(?!的|状态)|^(?:视频|影片|成片|片子|作品)?(?:发|传)给?我$|^(?:发|传)给?我(?:视频|影片|成片)$|^给我发?(?:视频|成片)$/;
const UPLOAD = /^(?:我来)?上传(?!的)/;

/** "状态栏", "下载速度动画", "微积分": the keyword is part of a name. */
const COMPOUND =
  /(?:导出|下载|上传|积分|余额|状态)(?:的)?(?:进度)?(?:栏|条|按钮|图标|速度|动画|界面|页面|榜|墙|商城|赛|制|宝|机)|[微定]积分|积分学|平衡/;
const TRACKS = /^(?:显示|展示|查看|看看?|列出)(?:一下)?(?:所有|全部|当前)?的?(?:轨道|音轨|时间[线轴])$/;

const FILE = /(?:视频|影片|成片|片子|作品|项目|文件|图片|照片|相片|素材|音乐|音频|歌曲?|附件|mp4|mov|webm|avi|mkv)$/;
const TALK =
  /导出|下载|上传|积分|余额|状态|视频|影片|成片|片子|作品|项目|工程|会话|任务|文件|结果|草稿|时间[线轴]|轨道|进度|情况|图片|照片|素材|音乐|音频|附件|账[户号]|帐[户号]|本地|手机|电脑|高清|超清|最高|画质|质量|格式|分辨率|剩余|剩下|多少|几个?|现在|当前|目前|最新|最终|查询|查看|查|看看?|显示|展示|告诉|什么|怎么样?|如何|哪些?|里面?|已经?|可以|完成|一下|下来|出来|这[个些张段]?|那[个些]?|我们?|你|您|它们?|是|还|有|剩|够|能|要|不|好|完|成|为|以|用|到|的|了|吗|呢|吧|个|点|张|给|把|将|在|请|想|发|存|保存|mp4|mov|webm|avi|mkv|1080p|720p|[24]k|hd/g;

/** What a short Chinese instruction asks for; null where it is a message. Lower case, quotations masked. */
export function chineseIntent(said: string): 'export' | 'upload' | 'credits' | 'state' | null {
  const text = withoutPoliteness(simplified(said));
  if (lengthOf(text, /[\p{Script=Han}]/gu) > MAX_CHARACTERS || lengthOf(text, /[a-z0-9§]+/g) > MAX_WORDS) return null;
  if (COMPOUND.test(text)) return null;
  const clauses = text.split(CLAUSE_END).map((clause) => withoutPoliteness(clause).replace(OBJECT, ''));
  if (clauses.some((clause) => MAKING.test(clause))) return null;

  const negated = NEGATED.test(text);
  const strange = text.replaceAll(TALK, '').replaceAll(/[\s\p{P}]/gu, '') !== '';
  if (!negated && clauses.some((clause) => EXPORT.test(clause))) return 'export';
  if (!strange && /积分|余额/.test(text)) return 'credits';
  if ((!strange && text.includes('状态')) || TRACKS.test(text)) return 'state';
  if (negated) return null;
  if (!strange && /导出|下载/.test(text)) return 'export';
  const [only = ''] = clauses;
  const uploads = clauses.length === 1 && UPLOAD.test(only) && FILE.test(only);
  return uploads || (!strange && text.includes('上传')) ? 'upload' : null;
}

function simplified(said: string): string {
  const chinese = said.replaceAll(/\p{Script=Han}/gu, (char) => TRADITIONAL.get(char) ?? char);
  return Object.entries(KEYWORDS).reduce(
    (text, [word, ours]) => text.replaceAll(new RegExp(`\\b${word}\\b`, 'g'), ours),
    chinese,
  );
}

function withoutPoliteness(text: string): string {
  return text.trim().replace(POLITE_START, '').replace(POLITE_END, '');
}

function lengthOf(text: string, unit: RegExp): number {
  return text.match(unit)?.length ?? 0;
}
