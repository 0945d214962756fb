/**
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998; the weights by -w / ln h, Schindelhauer and Schomaker 2005): every node computes the same order of
 * nodes for a blob, each node comes first for a share of the blobs in proportion to what it offers, and a node that leaves or joins moves only its own share.
 */
import type { NodeId } from '../../protocols/message-stream.ts'

export interface NodeSeed {
  readonly a: number
  readonly b: number
}

/** Two words of FNV-1a over the node's id, from two starting points. */
export function nodeSeed(node: NodeId): NodeSeed {
  let a = 0x811c9dc5
  let b = 0x1b873593
  for (let i = 0; i < node.length; i++) {
    const code = node.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x01000193)
  }
  return { a: finalize(a), b: finalize(b ^ a) }
}

/** A number of 32 bits that any two programs get alike from a blob's (or piece's) key and a node. */
export function rendezvousHash(key0: number, key1: number, seed: NodeSeed): number {
  const x = finalize(key0 ^ seed.a)
  return finalize(Math.imul(x ^ key1, 0x9e3779b1) ^ seed.b)
}

/** The highest score comes first. @param weight what the node offers; 0 never wins */
export function rendezvousScore(key0: number, key1: number, seed: NodeSeed, weight: number): number {
  return -weight / Math.log((rendezvousHash(key0, key1, seed) + 0.5) / 2 ** 32)
}

/** The finalizer of MurmurHash3 (public domain): each bit of the input changes each bit of the result with an even chance. */
function finalize(word: number): number {
  let x = word
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
