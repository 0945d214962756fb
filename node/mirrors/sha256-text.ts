import { type Cid, digestOfCid } from '../../protocols/cid.ts'

/** A blob's hash as pip, browsers' users and publishers' pages write it: hexadecimal. */
export function sha256Of(cid: Cid): string {
  return Buffer.from(digestOfCid(cid)).toString('hex')
}
