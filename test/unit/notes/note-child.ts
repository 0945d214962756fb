/** A node's notes in a process of its own, to be killed: `node note-child.ts FOLDER [SETTINGS]`. Prints its port. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startNoteNode } from './note-node.ts'
import { openRealJournal } from './real-journal.ts'

const [directory = '', settings = '{}'] = process.argv.slice(2)
mkdirSync(directory, { recursive: true })
const journal = await openRealJournal(join(directory, 'journal'), 'node')
const { port } = await startNoteNode(journal, {}, { directory: join(directory, 'notes'), limits: JSON.parse(settings) })
console.log(`port ${port}`)
