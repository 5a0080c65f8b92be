declare module 'heic-decode' {
  type Picture = { width: number; height: number; decode(): Promise<{ data: Uint8ClampedArray }> };
  /** Reads the headers; a picture's pixels are decoded when it is asked for them. */
  const decode: { all(file: { buffer: Uint8Array }): Promise<Picture[]> };
  export default decode;
}
