import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectLanguage } from '../../../src/lib/language.ts';

const prompts: Record<string, string[]> = {
  en: [
    'A red fox in deep snow',
    'cinematic drone shot over mountains',
    'make it slower',
    'Turn the volume down to 30%',
    'product promo for a coffee mug',
    'a dragon melts like wax, Pikaffect',
    'Paris fashion week promo',
    'aerial view of Santorini',
    'a samurai under cherry blossoms',
    'piano melody, melancholic',
    'retro synthwave grid',
    'drone footage of vineyard in Tuscany',
  ],
  es: ['Un zorro rojo en la nieve', 'haz un video de un gato tocando el piano', 'hazlo más lento', 'quita el título'],
  fr: ['Un renard roux dans la neige profonde', 'une ville sous la pluie la nuit', 'rends-le plus lent'],
  de: ['Ein roter Fuchs im tiefen Schnee', 'eine Katze spielt Klavier', 'Sonnenuntergang am Strand'],
  pt: ['Uma raposa vermelha na neve', 'faça um vídeo de férias na praia', 'mude o título para Sonhos'],
  it: ['Una volpe rossa nella neve', 'un gatto che suona il pianoforte', 'tramonto sulla spiaggia'],
  nl: ['Een rode vos in diepe sneeuw', 'voeg rustige muziek toe'],
  pl: ['Czerwony lis w głębokim śniegu', 'dodaj spokojną muzykę'],
  tr: ['Derin karda kızıl bir tilki', 'piyano çalan bir kedi'],
  vi: ['Một con cáo đỏ trong tuyết', 'thêm nhạc nhẹ'],
  id: ['Seekor rubah merah di salju', 'tambahkan musik yang tenang'],
  sv: ['En röd räv i djup snö', 'lägg till lugn musik'],
  fi: ['Punainen kettu syvässä lumessa'],
  cs: ['Červená liška v hlubokém sněhu'],
  ro: ['O vulpe roșie în zăpadă'],
  hu: ['Vörös róka a mély hóban'],
  ru: ['Рыжая лиса в глубоком снегу', 'добавь спокойную музыку'],
  uk: ['Руда лисиця в глибокому снігу', 'кіт грає на піаніно'],
  ar: ['ثعلب أحمر في الثلج', 'أضف موسيقى هادئة'],
  fa: ['یک روباه قرمز در برف'],
  hi: ['बर्फ में एक लाल लोमड़ी', 'शांत संगीत जोड़ें'],
  ja: ['雪の中の狐', '赤いキツネが雪の中を走る', '東京の夜景', '東京夜景の動画', '宇宙飛行士が馬に乗る'],
  ko: ['눈 속의 붉은 여우', '음악을 추가해 줘'],
  th: ['จิ้งจอกแดงในหิมะ'],
  el: ['Μια κόκκινη αλεπού στο χιόνι'],
  he: ['שועל אדום בשלג'],
  bn: ['তুষারে একটি লাল শিয়াল'],
  ta: ['பனியில் ஒரு சிவப்பு நரி'],
  'zh-CN': [
    '一只在雪地里的狐狸',
    '添加轻音乐',
    '城市夜景',
    '做一个 10 秒的 vlog',
    '把标题改成 Urban Dreams',
    '鲜の每日海鲜广告',
  ],
  'zh-TW': ['一隻在雪地裡的狐狸', '添加輕音樂', '臺北夜景縮時攝影', '把影片調慢一點'],
};
const rows = Object.entries(prompts).flatMap(([language, texts]) => texts.map((text) => [text, language] as const));

describe('the language of a prompt', () => {
  it.each(rows)('%j is %s', (text, language) => {
    expect(detectLanguage(text)).toBe(language);
  });

  it.each([
    ['', 'nothing'],
    ['🦊❄️ 16:9 …', 'no letters'],
    ['hello', 'one word, which is Italian to a table of letters'],
    ['Barcelona', 'a name'],
    ['https://cdn.example.test/der/rote/fuchs.mp4', 'an address'],
  ])('%j is English: %s', (text) => {
    expect(detectLanguage(text)).toBe('en');
  });

  it.each([
    ['add the title "雪の中の狐と月" at the start', 'en', 'what is quoted is content'],
    ['a trip through 东京 and 京都 in spring', 'en', 'names in another script are content'],
    ['把标题改成 "The Long Way Home to the Sea"', 'zh-CN', 'what is quoted is content'],
    ['"雪の中の狐"', 'ja', 'a quotation and nothing else is the prompt'],
    ['用 https://cdn.example.test/a-red-fox-in-deep-snow.mp4 做开场', 'zh-CN', 'an address has no language'],
    [`Un zorro rojo en la nieve. ${'x'.repeat(100_000)}`, 'es', 'the beginning decides'],
  ])('%j is %s: %s', (text, language) => {
    expect(detectLanguage(text)).toBe(language);
  });

  it.each([
    ['de', 'Ein langsamer Film am Strand mit ruhiger Musik, mein Hund spielt im Wasser und meine Frau lacht dabei'],
    ['es', 'Un perro corre por la playa al amanecer y juega con una pelota roja mientras suena una musica tranquila'],
    ['nl', 'Een hond rent over het strand bij zonsondergang en speelt met een rode bal, met rustige muziek'],
    ['fr', 'Un chien court sur la plage au coucher du soleil et joue avec un ballon rouge, musique calme'],
  ])('is %s though an English title has as many small words as an English sentence', (language, text) => {
    expect(detectLanguage(`${text}: The Sea and the Sun`)).toBe(language);
    expect(detectLanguage('The dog runs along the beach: The Sea and the Sun')).toBe('en');
  });

  it('is an ISO code, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(detectLanguage(text)).toMatch(/^[a-z]{2}(-(CN|TW))?$/);
      }),
    );
  });
});
