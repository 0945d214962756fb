/**
 * DNS messages (RFC 1035 section 4, RFC 6762 section 18) as far as discovery needs them: questions, PTR and TXT records; the rest is
 * skipped. Written are also A, AAAA and SRV, for stock resolvers. Our own decoder, because the usual one believes the counts in the header: twelve bytes made it allocate a quarter of a million
 * places, and anybody can multicast twelve bytes.
 */

export const TYPE_A = 1
export const TYPE_PTR = 12
export const TYPE_TXT = 16
export const TYPE_AAAA = 28
export const TYPE_SRV = 33
export const TYPE_ANY = 255
const CLASS_IN = 1
const RESPONSE_FLAGS = 0x8400
const HEADER_BYTES = 12
/** RFC 6762 section 17. */
export const MAX_PACKET_BYTES = 9000
/** One node announces some ten records; more in one packet is somebody's mistake, and costs no more than this. */
export const MAX_RECORDS = 128
const MAX_NAME_BYTES = 255
const MAX_LABEL_BYTES = 63

interface DnsQuestion {
  name: string
  type: number
}

export type DnsRecord =
  | { type: 'PTR'; name: string; ttlS: number; target: string }
  | { type: 'TXT'; name: string; ttlS: number; texts: string[] }

/** What we say and do not read: nobody's host name is of use to us. */
export type DnsHostRecord =
  | { type: 'A'; name: string; ttlS: number; address: Uint8Array }
  | { type: 'AAAA'; name: string; ttlS: number; address: Uint8Array }
  | { type: 'SRV'; name: string; ttlS: number; port: number; target: string }

export interface DnsPacket<Record = DnsRecord> {
  kind: 'query' | 'response'
  questions: DnsQuestion[]
  /** Answers, then additional records. */
  answers: Record[]
  additionals: Record[]
}

const TYPES = { A: TYPE_A, PTR: TYPE_PTR, TXT: TYPE_TXT, AAAA: TYPE_AAAA, SRV: TYPE_SRV } as const

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Undefined for whatever is not a whole message of the kind that we read. Never throws. */
export function decodeDns(bytes: Uint8Array): DnsPacket | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_PACKET_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = view.getUint16(2)
  // Only standard queries without an error (RFC 6762 sections 18.3 and 18.11).
  if ((flags & 0x7800) !== 0 || (flags & 0x000f) !== 0) return undefined
  const [questionCount, answerCount, authorityCount, additionalCount] = [4, 6, 8, 10].map((at) => view.getUint16(at))
  const counts = [questionCount, answerCount, authorityCount, additionalCount] as [number, number, number, number]
  if (counts.reduce((sum, count) => sum + count, 0) > MAX_RECORDS) return undefined
  const reader = new Reader(bytes, view)
  const packet: DnsPacket = {
    kind: (flags & 0x8000) === 0 ? 'query' : 'response',
    questions: [],
    answers: [],
    additionals: []
  }
  try {
    for (let i = 0; i < counts[0]; i++) packet.questions.push(reader.question())
    for (const [section, into] of [packet.answers, undefined, packet.additionals].entries()) {
      for (let i = 0; i < (counts[section + 1] as number); i++) {
        const record = reader.record()
        if (record) into?.push(record)
      }
    }
  } catch (error) {
    if (error instanceof NotDns || error instanceof TypeError) return undefined
    throw error
  }
  return packet
}

class NotDns extends Error {}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = HEADER_BYTES

  constructor(bytes: Uint8Array, view: DataView) {
    this.#bytes = bytes
    this.#view = view
  }

  question(): DnsQuestion {
    const name = this.#name()
    const type = this.#uint16()
    this.#uint16()
    return { name, type }
  }

  /** Undefined for types that we do not read. */
  record(): DnsRecord | undefined {
    const name = this.#name()
    const type = this.#uint16()
    this.#uint16()
    this.#need(4)
    const ttlS = this.#view.getUint32(this.#at)
    this.#at += 4
    const end = this.#uint16() + this.#at
    if (end > this.#bytes.length) throw new NotDns()
    let record: DnsRecord | undefined
    if (type === TYPE_PTR) {
      record = { type: 'PTR', name, ttlS, target: this.#name() }
      if (this.#at !== end) throw new NotDns()
    } else if (type === TYPE_TXT) {
      const texts: string[] = []
      while (this.#at < end) {
        const start = this.#at + 1
        this.#at = start + (this.#bytes[this.#at] as number)
        if (this.#at > end) throw new NotDns()
        texts.push(decoder.decode(this.#bytes.subarray(start, this.#at)))
      }
      record = { type: 'TXT', name, ttlS, texts }
    }
    this.#at = end
    return record
  }

  /** Pointers lead backwards only, so no chain of them is endless. */
  #name(): string {
    const labels: string[] = []
    let length = 0
    let at = this.#at
    let after: number | undefined
    while (true) {
      const head = this.#bytes[at]
      if (head === undefined) throw new NotDns()
      if (head === 0) break
      if ((head & 0xc0) === 0xc0) {
        const low = this.#bytes[at + 1]
        if (low === undefined) throw new NotDns()
        const target = ((head & 0x3f) << 8) | low
        if (target >= at || target < HEADER_BYTES) throw new NotDns()
        after ??= at + 2
        at = target
        // A pointer costs as much as a label, or a packet of pointers to pointers would take quadratic time.
        length += 2
      } else {
        if (head > MAX_LABEL_BYTES || at + 1 + head > this.#bytes.length) throw new NotDns()
        labels.push(decoder.decode(this.#bytes.subarray(at + 1, at + 1 + head)))
        length += head + 1
        at += head + 1
      }
      if (length > MAX_NAME_BYTES) throw new NotDns()
    }
    this.#at = after ?? at + 1
    return labels.join('.')
  }

  #uint16(): number {
    this.#need(2)
    const value = this.#view.getUint16(this.#at)
    this.#at += 2
    return value
  }

  #need(length: number): void {
    if (this.#at + length > this.#bytes.length) throw new NotDns()
  }
}

/** Names repeat, so they are written once and pointed to. */
export function encodeDns(packet: DnsPacket<DnsRecord | DnsHostRecord>): Uint8Array {
  const writer = new Writer()
  writer.uint16(0)
  writer.uint16(packet.kind === 'response' ? RESPONSE_FLAGS : 0)
  for (const count of [packet.questions.length, packet.answers.length, 0, packet.additionals.length])
    writer.uint16(count)
  for (const { name, type } of packet.questions) {
    writer.name(name)
    writer.uint16(type)
    writer.uint16(CLASS_IN)
  }
  for (const record of [...packet.answers, ...packet.additionals]) writer.record(record)
  return writer.bytes()
}

class Writer {
  readonly #out: number[] = []
  readonly #names = new Map<string, number>()

  bytes(): Uint8Array {
    return Uint8Array.from(this.#out)
  }

  uint16(value: number): void {
    this.#out.push((value >> 8) & 255, value & 255)
  }

  record(record: DnsRecord | DnsHostRecord): void {
    this.name(record.name)
    this.uint16(TYPES[record.type])
    this.uint16(CLASS_IN)
    this.uint16(record.ttlS >>> 16)
    this.uint16(record.ttlS & 0xffff)
    const lengthAt = this.#out.length
    this.uint16(0)
    switch (record.type) {
      case 'PTR':
        this.name(record.target)
        break
      case 'TXT':
        for (const text of record.texts) this.#text(text, 255)
        break
      case 'SRV':
        // Priority and weight: there is only one.
        this.uint16(0)
        this.uint16(0)
        this.uint16(record.port)
        this.name(record.target)
        break
      default:
        this.#out.push(...record.address)
    }
    const length = this.#out.length - lengthAt - 2
    this.#out[lengthAt] = (length >> 8) & 255
    this.#out[lengthAt + 1] = length & 255
  }

  name(name: string): void {
    const labels = name === '' ? [] : name.split('.')
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join('.')
      const known = this.#names.get(rest)
      if (known !== undefined) {
        this.uint16(0xc000 | known)
        return
      }
      if (this.#out.length < 0x4000) this.#names.set(rest, this.#out.length)
      this.#text(labels[i] as string, MAX_LABEL_BYTES)
    }
    this.#out.push(0)
  }

  #text(text: string, maxBytes: number): void {
    const bytes = new TextEncoder().encode(text)
    if (bytes.length > maxBytes) throw new RangeError(`${bytes.length} bytes do not fit into a text of DNS`)
    this.#out.push(bytes.length, ...bytes)
  }
}
