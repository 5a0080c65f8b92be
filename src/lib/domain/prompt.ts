/**
 * The options of a generate job (api.md, Jobs). A motion is an intensity (3, "0.7") or words ("gentle", "zoom in"); an
 * effect is a name such as Pika's ("Melt", "Cake-ify").
 */
export type GenerateOptions = Partial<{
  model: string;
  motion: string | number;
  aspect_ratio: string;
  duration_seconds: number;
  resolution: string;
  effect: string;
}>;

/** What matters most comes first. */
const ORDER = ['model', 'effect', 'motion', 'aspect_ratio', 'duration_seconds', 'resolution'] as const;
type Wording = Record<(typeof ORDER)[number], (value: string) => string> & { line: (said: string[]) => string };

const ENGLISH: Wording = {
  model: (name) => `use model ${name}`,
  // "Melt Pikaffect" says already what it is.
  effect: (name) => (/ffects?$/i.test(name) ? `apply the ${name}` : `apply the ${name} effect`),
  motion: (motion) => (isAmount(motion) ? `motion intensity ${motion}` : `motion: ${motion}`),
  aspect_ratio: (ratio) => `aspect ratio ${ratio}`,
  duration_seconds: (seconds) => (seconds === '1' ? '1 second long' : `${seconds} seconds long`),
  resolution: (resolution) => `resolution ${resolution}`,
  line: (said) => `Settings: ${said.join(', ')}.`,
};
const SIMPLIFIED: Wording = {
  model: (name) => `使用 ${name} 模型`,
  effect: (name) => `应用“${name}”特效`,
  motion: (motion) => (isAmount(motion) ? `运动强度 ${motion}` : `运动方式：${motion}`),
  aspect_ratio: (ratio) => `画面比例 ${ratio}`,
  duration_seconds: (seconds) => `时长 ${seconds} 秒`,
  resolution: (resolution) => `分辨率 ${resolution}`,
  line: (said) => `要求：${said.join('，')}。`,
};
const TRADITIONAL: Wording = {
  model: (name) => `使用 ${name} 模型`,
  effect: (name) => `套用「${name}」特效`,
  motion: (motion) => (isAmount(motion) ? `運動強度 ${motion}` : `運動方式：${motion}`),
  aspect_ratio: (ratio) => `畫面比例 ${ratio}`,
  duration_seconds: (seconds) => `時長 ${seconds} 秒`,
  resolution: (resolution) => `解析度 ${resolution}`,
  line: (said) => `要求：${said.join('，')}。`,
};

/**
 * The message that is sent for a prompt: its own words, and the options in a line behind them, in Chinese for zh-CN
 * and zh-TW, else in English. The upstream has no fields for them, so the agent has to read them.
 */
export function writeMessage(prompt: string, options: GenerateOptions, language: string): string {
  const wording = language === 'zh-CN' ? SIMPLIFIED : language === 'zh-TW' ? TRADITIONAL : ENGLISH;
  const said: string[] = [];
  for (const name of ORDER) {
    // A line break in an option would make the rest of it an instruction of its own.
    const value = String(options[name] ?? '')
      .replaceAll(/\s+/g, ' ')
      .trim();
    if (value !== '') said.push(wording[name](value));
  }
  return said.length === 0 ? prompt : `${prompt}\n\n${wording.line(said)}`;
}

function isAmount(motion: string): boolean {
  return /^[-+.]?\d/.test(motion);
}
