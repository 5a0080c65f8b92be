import { describe, expect, it } from 'vitest';
import { assetFault, readAssetUrl, urlAssetFault } from '../../../src/lib/domain/asset-rules.ts';

const SKILL = { name: 'stills', formats: ['jpg', 'png', 'heic'], max_bytes: 1_000 };

describe('what a skill takes', () => {
  it.each([
    ['jpg', 1, true],
    ['jpeg', 1, true],
    ['png', 1_000, true],
    ['png', 1_001, false],
    ['mp4', 1, false],
    ['txt', 1, false],
  ])('%s of %i bytes: %s', (format, bytes, fits) => {
    expect(assetFault(SKILL, { format, bytes }) === null).toBe(fits);
  });

  it.each([
    ['https://a.example/b.jpeg', true],
    ['https://a.example/b.JPG?x=.mp4', true],
    ['https://a.example/b', true],
    ['https://a.example/b.php', true],
    ['https://a.example/b.mp4', false],
    ['https://a.example/b.WebM#x', false],
  ])('as far as a URL tells, %s: %s', (url, fits) => {
    expect(urlAssetFault(SKILL, url) === null).toBe(fits);
  });
});

it.each([
  [' https://A.example/a b.png', { url: 'https://a.example/a%20b.png' }],
  ['http://127.0.0.1:1/a.png', { url: 'http://127.0.0.1:1/a.png' }],
  ['https://a.example/heic', { url: 'https://a.example/heic' }],
  ['https://a.example/a.heic.jpg', { url: 'https://a.example/a.heic.jpg' }],
  ['javascript:alert(1)', { fault: expect.stringContaining('http') }],
  ['https://me@a.example/a.png', { fault: expect.stringContaining('user name') }],
  ['https://a.example/a.Txt', { fault: expect.stringContaining('uploaded first') }],
])('reads the URL %s', (text, read) => {
  expect(readAssetUrl(text)).toEqual(read);
});
