import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { translateGuiTalk } from '../../../src/lib/domain/gui-talk/translate.ts';

/** What the agent said, what is left of it, and the actions it came down to. */
type Row = [said: string, left: string, ...actions: string[]];

const english: Row[] = [
  ['Your fox is ready (10s). Click the Export button to download it.', 'Your fox is ready (10s).', 'export'],
  ['Your video is ready, click Export to download it.', 'Your video is ready.', 'export'],
  ['Go to the Export tab, choose MP4, and hit Export.', '', 'export', 'export'],
  ['Your video is ready: click Export!', 'Your video is ready!', 'export'],
  ['Your video is ready (click Export to download).', 'Your video is ready.', 'export'],
  ["I've added music and you can preview it in the timeline.", "I've added music.", 'state'],
  ['Click **Export** to save it.', '', 'export'],
  ['click [Generate] to start', '', 'edit'],
  ['open [panel]', '', 'state'],
  ['preview in timeline', '', 'state'],
  ['check account/billing', '', 'credits'],
  ['To export your video, click the button in the top-right corner.', '', 'export'],
  ["Once you're happy, hit Export.", '', 'export'],
  ["You'll find the Export button at the top.", '', 'export'],
  ['You can download it by clicking the Export button.', '', 'export'],
  ['Great! You can now export your video.', 'Great!', 'export'],
  ['Click the Export button and a dialog appears.', '', 'export'],
  ['👉 Tap the Share icon to send it.', '', 'edit'],
  ['1️⃣ Press **Download**.', '', 'export'],
  ['Open the media panel on the left to see your clips.', '', 'state'],
  ['Drag the music clip to the left. It now fades out.', 'It now fades out.', 'edit'],
  ['Drag and drop your files onto the timeline.', '', 'edit'],
  ['Select the title in the timeline and drag it to 0:05.', '', 'state', 'edit'],
  ['Press **Export** and then check your credits.', '', 'export', 'credits'],
  ['You can preview it in the timeline, or tell me what to change.', 'Tell me what to change.', 'state'],
  ['Check your account page to top up.', '', 'credits'],
  ['You are out of credits; please upgrade to the Pro plan.', 'You are out of credits.', 'credits'],
  ['Use the slider to adjust the volume.', '', 'edit'],
  ['Press the Play button.', '', 'state'],
  [
    'It is done at approx. 24 fps, i.e. smooth. Press Ctrl+E to export.',
    'It is done at approx. 24 fps, i.e. smooth.',
    'export',
  ],
  ['The clip runs at 1.5x. Open the timeline to see it.', 'The clip runs at 1.5x.', 'state'],
];

const chinese: Row[] = [
  ['视频已生成。点击右上角的“导出”按钮下载。', '视频已生成。', 'export'],
  ['点击导出按钮即可下载视频。', '', 'export'],
  ['点击率提升了，请点击导出按钮。', '点击率提升了。', 'export'],
  ['如果满意，可以点击导出。', '', 'export'],
  ['视频已完成请点击导出', '视频已完成', 'export'],
  ['您可以导出视频了。', '', 'export'],
  ['请打开左侧的媒体面板查看素材。', '', 'state'],
  ['您可以在时间线中预览效果。', '', 'state'],
  ['背景音乐已添加，您可以在时间轴上查看。', '背景音乐已添加。', 'state'],
  ['将音乐片段拖拽到时间线上。标题在开头。', '标题在开头。', 'edit'],
  ['在右侧面板中，点击“文字”即可修改标题。', '', 'state'],
  ['您的积分不足，请前往账户充值。', '您的积分不足。', 'credits'],
  ['请查看账单页面。', '', 'credits'],
  ['点击生成按钮开始。', '', 'edit'],
  ['拖动滑块调整音量，或者告诉我想要的音量。', '告诉我想要的音量。', 'edit'],
];

const content = [
  'a man opens a door and clicks his fingers',
  'A woman taps the screen and a menu opens.',
  'The presenter presses a button on the machine.',
  'She drags the suitcase across the street.',
  'Open with a wide shot of the sea.',
  'The video opens on a solar panel.',
  'Tap dancing scenes fill the middle.',
  'Drop shadows were added to the title.',
  'Click sounds were added at each cut.',
  'Play button stickers were added at 0:02.',
  'e.g. click sounds at 0.5s were kept.',
  'Hit the road with this upbeat track.',
  'I added a Subscribe button animation at 0:08.',
  'The title says "Ready, click Export to start".',
  'The caption reads "Click the Export button to start."',
  'The man says "Press the red button." Then he runs.',
  'You can see the dashboard of the car in the second shot.',
  'Check the balance between voice and music at 0:12.',
  'See the end credits roll at 0:20.',
  'See your credits roll at the end.',
  'You have 60 credits left.',
  'Review your plan below.',
  'Choose a style: cinematic or cartoon.',
  'Would you like me to click Export for you?',
  'Preview: a fox in the snow.',
  'Here is the timeline: Video (0-10s).',
  'See the timeline: 1. Video: fox (0-10s) 2. BGM: Lo-fi (0-10s, 35%)',
  'Download your video here: https://cdn.example.test/x.mp4',
  '点击率提升了',
  '点击率提升了20%。',
  '打开新世界的大门。',
  '打开盒子的镜头很美。',
  '人物点击手机屏幕。',
  '点击屏幕的手部特写。',
  '拖拽感十足的转场。',
  '导出完成，共10秒。',
  '导出视频大约需要30秒。',
  '请查看时间线：1. 视频：狐狸（0-10秒）',
  '```\nClick the Export button.\n```',
  '| Step | Do |\n|---|---|\n| 1 | Click Export |',
];

describe('what the agent says', () => {
  it.each([...english, ...chinese])('%j leaves %j', (said, left, ...actions) => {
    const translated = translateGuiTalk(said);
    expect(translated.text).toBe(left);
    expect(translated.suggestedActions.map(({ action }) => action)).toEqual(actions);
  });

  it.each(content)('about content stays as it is: %j', (said) => {
    expect(translateGuiTalk(said)).toEqual({ text: said, suggestedActions: [] });
  });

  it('becomes actions in its own words, each once', () => {
    const said = 'Done, so **click Export**. Drag it to 0:05, or tell me to. Open the panel. Open the panel.';
    expect(translateGuiTalk(said)).toEqual({
      text: 'Done. Tell me to.',
      suggestedActions: [
        { action: 'export', text: 'Click Export.' },
        { action: 'edit', text: 'Drag it to 0:05' },
        { action: 'state', text: 'Open the panel.' },
      ],
    });
  });

  it('loses a list of steps with its heading, and keeps other lists', () => {
    const said = [
      'Your video:',
      '- Scene: a fox opens a door',
      '- Length: 10.5s',
      '',
      'To export it:',
      '1. Click the **Export** button',
      '2. Choose MP4',
      '3. Wait for the render',
      '',
      'Enjoy!',
    ];
    expect(translateGuiTalk(said.join('\n'))).toEqual({
      text: 'Your video:\n- Scene: a fox opens a door\n- Length: 10.5s\n\nEnjoy!',
      suggestedActions: [{ action: 'export', text: 'Click the Export button' }],
    });
  });

  it('keeps every other sentence around an instruction, character for character', () => {
    const kept = fc.constantFrom(...content.filter((text) => /[.!。]$/.test(text) && !text.includes('\n')));
    fc.assert(
      fc.property(fc.array(kept, { maxLength: 4 }), fc.array(kept, { maxLength: 4 }), (before, after) => {
        const said = [...before, 'Click the Export button.', ...after].join(' ');
        const left = [...before, ...after].join(' ');
        expect(translateGuiTalk(said)).toEqual({
          text: left,
          suggestedActions: [{ action: 'export', text: 'Click the Export button.' }],
        });
      }),
    );
  });

  it('is translated in no time, whatever it is', () => {
    const started = performance.now();
    for (const piece of [
      'a. ',
      '"',
      '(',
      'click ',
      ', ',
      '。',
      '.',
      '#',
      '- ',
      '点击',
      'https://',
      '1. ',
      '👉 ',
      '\n- x',
    ]) {
      translateGuiTalk(piece.repeat((256 * 1024) / piece.length));
    }
    expect(performance.now() - started).toBeLessThan(5_000);
    const words = fc.constantFrom(
      'click ',
      'the ',
      'Export ',
      'button',
      '. ',
      ', ',
      '“',
      '”',
      '\n',
      '- ',
      '点击',
      '导出',
      '，',
      '🦊',
    );
    fc.assert(
      fc.property(
        fc.array(words).map((all) => all.join('')),
        (said) => {
          const { text, suggestedActions } = translateGuiTalk(said);
          expect(text === said).toBe(suggestedActions.length === 0);
        },
      ),
    );
  });
});
