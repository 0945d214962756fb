export interface SampleFile {
  /** Below the workshop's folder. */
  path: string
  bytes: Uint8Array
}

export function textFile(path: string, text: string): SampleFile {
  return { path, bytes: new TextEncoder().encode(text) }
}
