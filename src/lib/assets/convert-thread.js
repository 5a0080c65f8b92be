// JavaScript, because Node loads it as it is, from the sources as well: a thread sees no test runner's transforms.
import { parentPort, workerData } from 'node:worker_threads';
import decode from 'heic-decode';
import jpeg from 'jpeg-js';

/** Of 100: no difference is seen, at a quarter of the size of 100. */
const QUALITY = 92;

/**
 * The dimensions are in the header: they are read, and refused, before a pixel is decoded.
 * @param {{ heic: Uint8Array, maxPixels: number }} order
 * @returns {Promise<import('./convert.ts').ThreadAnswer>}
 */
async function convert({ heic, maxPixels }) {
  try {
    const [picture] = await decode.all({ buffer: heic });
    if (!picture) return { fault: 'there is no image in it' };
    const { width, height } = picture;
    if (width * height > maxPixels) return { fault: `${width} x ${height} pixels are more than ${maxPixels}` };
    const { data } = await picture.decode();
    return { jpeg: jpeg.encode({ width, height, data }, QUALITY).data };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(await convert(workerData));
