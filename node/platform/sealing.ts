/** AES-256-GCM: what is sealed can be opened by who has the key, and by nobody changed unnoticed. */
import { createCipheriv, createDecipheriv } from 'node:crypto'

export const SEALING_KEY_BYTES = 32
export const SEALING_NONCE_BYTES = 12
const TAG_BYTES = 16

/** @param nonce 12 bytes, never twice under one key; the result is cipher text and tag */
export function sealBytes(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return new Uint8Array(sealed)
}

/** Undefined when the key is another one or a bit was changed. */
export function openSealedBytes(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  const end = sealed.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAuthTag(sealed.subarray(end))
  try {
    return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]))
  } catch {
    return undefined
  }
}
