import { describe, expect, it } from 'vitest'
import { MAX_APPEND_ENTRIES } from '../../../node/journal/limits.ts'
import { MAX_BODY_BYTES, MAX_KIND_CHARACTERS, MAX_TOPIC_CHARACTERS } from '../../../protocols/batch.ts'
import { hasCode } from '../../../protocols/errors.ts'
import { allOf, namesOf, newStore, openJournal, registersFold, setEntry } from './room.ts'

describe('a journal', () => {
  it('gives back what was appended, in stamp order', async () => {
    const { journal } = await openJournal('a')
    await Promise.all(['x', 'y', 'z'].map((name) => journal.append([setEntry('t', name, 1)])))
    await journal.append([setEntry('t', 'last', 2), setEntry('other', 'no', 0)])
    const entries = await allOf(journal.entriesOf('t'))
    expect(namesOf(entries)).toEqual(['x', 'y', 'z', 'last'])
    expect(entries.map((entry) => entry.lamport)).toEqual([0, 1, 2, 3])
    expect(entries[0]).toMatchObject({ node: 'a', writer: journal.writer, kind: 'set', version: 1, critical: false })
    await journal.close()
  })

  it('makes one synced write of what is appended in one turn', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store)
    const before = store.syncs
    const stamps = await Promise.all(Array.from({ length: 100 }, (_, i) => journal.append([setEntry('t', `${i}`, i)])))
    expect(store.syncs - before).toBe(1)
    expect(new Set(stamps.flat().map(({ number }) => number)).size).toBe(1)
    await journal.close()
  })

  it('never uses a writer again: each start makes a new one, and its clock goes on', async () => {
    const store = newStore()
    const first = await openJournal('a', store)
    const [old] = await first.journal.append([setEntry('t', 'x', 1)])
    await first.journal.close()
    store.reopen()
    const second = await openJournal('a', store)
    expect(second.journal.writer).not.toBe(first.journal.writer)
    const [stamp] = await second.journal.append([setEntry('t', 'x', 2)])
    expect(stamp?.lamport).toBeGreaterThan(old?.lamport ?? Number.NaN)
    const view = await second.journal.view(registersFold('registers'))
    expect(view.state.x?.value).toBe(2)
    await second.journal.close()
  })

  it('says which numbers of a node it holds, for a removal', async () => {
    const { journal } = await openJournal('a')
    await journal.append([setEntry('t', 'x', 1)])
    await journal.append([setEntry('t', 'y', 1)])
    expect(journal.lastNumbers('a')).toEqual(new Map([[journal.writer, 1]]))
    expect(journal.lastNumbers('b')).toEqual(new Map())
    await journal.close()
  })

  it.each([
    ['a body', { body: new Uint8Array(MAX_BODY_BYTES - 5) }, { body: new Uint8Array(MAX_BODY_BYTES - 4) }],
    ['a topic', { topic: 't'.repeat(MAX_TOPIC_CHARACTERS) }, { topic: 't'.repeat(MAX_TOPIC_CHARACTERS + 1) }],
    ['a kind', { kind: 'k'.repeat(MAX_KIND_CHARACTERS) }, { kind: 'k'.repeat(MAX_KIND_CHARACTERS + 1) }],
    ['a version', { version: 0xffff }, { version: 0x10000 }],
    ['a name of printable characters', { topic: 'a/~b' }, { topic: 'a b' }]
  ])('takes %s at the limit and refuses one past it', async (_, fits, exceeds) => {
    const { journal } = await openJournal('a')
    await journal.append([setEntry('t', 'x', 1, fits)])
    await expect(journal.append([setEntry('t', 'x', 1, exceeds)])).rejects.toSatisfy((e) => hasCode(e, 'ENTRY_REFUSED'))
    await journal.close()
  })

  it('takes so many entries at once and not one more', async () => {
    const { journal } = await openJournal('a')
    const entries = Array.from({ length: MAX_APPEND_ENTRIES + 1 }, (_, i) => setEntry(`t/${i}`, 'x', i))
    const stamps = await journal.append(entries.slice(1))
    expect(stamps).toHaveLength(MAX_APPEND_ENTRIES)
    expect(new Set(stamps.map(({ lamport }) => lamport)).size).toBe(MAX_APPEND_ENTRIES)
    await expect(journal.append(entries)).rejects.toSatisfy((e) => hasCode(e, 'ENTRY_REFUSED'))
    await journal.close()
  })

  it('refuses when closed', async () => {
    const { journal } = await openJournal('a')
    await journal.close()
    await expect(journal.append([setEntry('t', 'x', 1)])).rejects.toSatisfy((e) => hasCode(e, 'STOPPED'))
    expect(journal.state()).toBe('closed')
  })

  it('after a failed write acknowledges nothing any more and goes on reading', async () => {
    const store = newStore()
    const { journal, problems } = await openJournal('a', store)
    await journal.append([setEntry('t', 'kept', 1)])
    store.failWrite = () => 'EIO'
    await expect(journal.append([setEntry('t', 'lost', 1)])).rejects.toSatisfy((e) => hasCode(e, 'JOURNAL_READ_ONLY'))
    store.failWrite = undefined
    await expect(journal.append([setEntry('t', 'later', 1)])).rejects.toSatisfy((e) => hasCode(e, 'JOURNAL_READ_ONLY'))
    expect(journal.state()).toBe('read-only')
    expect(namesOf(await allOf(journal.entriesOf('t')))).toEqual(['kept'])
    expect(problems.map(({ code }) => code)).toEqual(['JOURNAL_READ_ONLY'])
    await journal.close()
  })

  it('says that the disk is full with a code of its own', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store)
    store.failWrite = () => 'ENOSPC'
    await expect(journal.append([setEntry('t', 'lost', 1)])).rejects.toSatisfy((e) => hasCode(e, 'JOURNAL_FULL'))
    expect(journal.state()).toBe('full')
    await journal.close()
  })

  it('does not decide while there are critical entries that it does not understand, also after a start', async () => {
    const store = newStore()
    const first = await openJournal('a', store)
    await first.journal.append([setEntry('t', 'x', 1, { critical: true })])
    expect(first.journal.mayDecide()).toBe(true)
    await first.journal.append([setEntry('t', 'x', 1, { kind: 'new', version: 3 })])
    expect(first.journal.mayDecide()).toBe(true)
    const [stamp] = await first.journal.append([setEntry('t', 'x', 1, { kind: 'new', version: 3, critical: true })])
    await first.journal.append([setEntry('t', 'x', 1, { version: 2, critical: true })])
    expect(first.journal.mayDecide()).toBe(false)
    await first.journal.close()
    store.reopen()
    const second = await openJournal('a', store)
    expect(second.journal.mayDecide()).toBe(false)
    const { writer, number } = stamp ?? { writer: '', number: 0 }
    expect(second.journal.unknownKinds()).toEqual([
      { kind: 'new', version: 3, position: { writer, number, index: 0 } },
      { kind: 'set', version: 2, position: { writer, number: number + 1, index: 0 } }
    ])
    await second.journal.close()
    store.reopen()
    const updated = await openJournal('a', store, {
      understood: new Map([
        ['set', 2],
        ['new', 3]
      ])
    })
    expect(updated.journal.mayDecide()).toBe(true)
    await updated.journal.close()
  })
})
