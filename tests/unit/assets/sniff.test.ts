import { expect, it } from 'vitest';
import { createSniffer } from '../../../src/lib/assets/sniff.ts';

async function sniff(content: Uint8Array, chunkBytes: number) {
  const sniffer = createSniffer();
  const chunks = async function* () {
    for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
  };
  const passed: Uint8Array[] = [];
  for await (const chunk of sniffer.watch(chunks())) passed.push(chunk);
  expect(Buffer.concat(passed)).toEqual(Buffer.from(content));
  return sniffer.result();
}

const ftyp = (brand: string) => Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0mp42isom`, 'latin1');
const riff = (kind: string) => Buffer.from(`RIFF\0\0\0\0${kind}`, 'latin1');
const ebml = (type: string) =>
  Buffer.concat([Buffer.from('1a45dfa3934282', 'hex'), Buffer.from([0x80 + type.length]), Buffer.from(type)]);

it.each<[string, Uint8Array, string | null]>([
  ['mp4', ftyp('isom'), 'video mp4'],
  ['m4v', ftyp('M4V '), 'video mp4'],
  ['mov', ftyp('qt  '), 'video mov'],
  ['avi', riff('AVI LIST'), 'video avi'],
  ['webm', ebml('webm'), 'video webm'],
  ['mkv', ebml('matroska'), 'video mkv'],
  ['jpg', Buffer.from('ffd8ffe000104a46494600', 'hex'), 'image jpg'],
  ['gif', Buffer.from('GIF89a'), 'image gif'],
  ['webp', riff('WEBPVP8 '), 'image webp'],
  ['heic', ftyp('heic'), 'image heic'],
  ['mp3', Buffer.from('ID3\x03\0\0\0\0\x7f\x7f and a cover', 'latin1'), 'audio mp3'],
  ['wav', riff('WAVEfmt '), 'audio wav'],
  ['m4a', ftyp('M4A '), 'audio m4a'],
  ['aac', Buffer.from('fff15080', 'hex'), 'audio aac'],
  ['text', Buffer.from('A fox\r\n\tin ❄ and 🦊'), 'text txt'],
  ['text with a byte order mark', Buffer.from('\uFEFFA fox'), 'text txt'],
  ['text with an escape', Buffer.from('A \x1b[31mfox'), null],
  ['text with a NUL', Buffer.from('A\0fox'), null],
  ['text in Latin-1', Buffer.from('Käse', 'latin1'), null],
  ['text that ends in half a character', Buffer.from('🦊').subarray(0, 3), null],
  ['UTF-16', Buffer.from('A fox', 'utf16le'), null],
  ['zip', Buffer.from('504b0304140000000800', 'hex'), null],
  ['pdf', Buffer.from('%PDF-1.7'), null],
  ['nothing', Buffer.alloc(0), null],
])('%s, in chunks of any size', async (_what, content, expected) => {
  for (const chunkBytes of [1, 3, 65_536]) {
    const found = await sniff(content, chunkBytes);
    expect(found && `${found.kind} ${found.format}`).toBe(expected);
  }
});

it('looks at text to its end', async () => {
  const long = Buffer.alloc(200_000, 'words ');
  expect(await sniff(long, 65_536)).toMatchObject({ kind: 'text' });
  expect(await sniff(Buffer.concat([long, Buffer.from([0xff])]), 65_536)).toBeNull();
});
