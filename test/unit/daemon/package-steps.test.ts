import { expect, test } from 'vitest'
import type { HttpVisitor } from '../../../node/daemon/ready/http-visitor.ts'
import { MAX_TRIED_BYTES, tryR } from '../../../node/daemon/ready/package-steps.ts'
import { cidOfDigest } from '../../../protocols/cid.ts'
import type { ContentIndex } from '../../../protocols/content.ts'

test.each([
  ['as large as the limit is tried', MAX_TRIED_BYTES, 'big_1.0.tar.gz'],
  ['a byte larger is not', MAX_TRIED_BYTES + 1, undefined]
])('a package %s', async (_rule, sizeBytes, tried) => {
  const digest = new Uint8Array(32)
  const file = { path: 'src/contrib/big_1.0.tar.gz', cid: cidOfDigest(digest), sizeBytes }
  const content = { list: () => [file] } as unknown as ContentIndex
  const visitor = {
    text: async () => 'Package: big\nVersion: 1.0\n',
    digest: async () => ({ digest, bytes: sizeBytes })
  } as unknown as HttpVisitor
  expect(await tryR(visitor, 'http://room', content)).toBe(tried)
})
