/** Pages that a mirror made: with their ETag, and compressed for whoever can take that. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MirrorAnswer } from '../../protocols/content.ts'

export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Extract<MirrorAnswer, { kind: 'bytes' }>
): void {
  const { bytes, gzip, contentType, etag, headers: more } = answer
  response.setHeader('Content-Type', contentType)
  // Indexes change when the room does: a browser or proxy may keep them, and has to ask whether they still hold.
  response.setHeader('Cache-Control', 'no-cache')
  for (const name in more) response.setHeader(name, more[name] as string)
  if (gzip) response.setHeader('Vary', more?.vary === undefined ? 'Accept-Encoding' : `${more.vary}, Accept-Encoding`)
  const asked = request.headers
  const packed = gzip !== undefined && accepts(asked['accept-encoding'], 'gzip')
  if (etag !== undefined) {
    // Two forms of one page have two names; a client that has either of them has the page.
    const plainTag = `"${etag}"`
    const packedTag = `"${etag}-gzip"`
    response.setHeader('ETag', packed ? packedTag : plainTag)
    const known = asked['if-none-match']
    if (known !== undefined && (matches(known, plainTag) || (gzip && matches(known, packedTag)))) {
      response.statusCode = 304
      response.removeHeader('Content-Type')
      response.end()
      return
    }
  }
  const body = packed ? gzip : bytes
  if (packed) response.setHeader('Content-Encoding', 'gzip')
  response.setHeader('Content-Length', body.length)
  if (request.method === 'HEAD') response.end()
  else response.end(body)
}

/** RFC 9110 section 13.1.2, weak comparison. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

/** RFC 9110 section 12.5.3: named, and not with the quality 0. A star is not taken for a wish. */
export function accepts(header: string | string[] | undefined, coding: string): boolean {
  if (typeof header !== 'string') return false
  return header.split(',').some((one) => {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase())
    return name === coding && !parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/.test(parameter))
  })
}
