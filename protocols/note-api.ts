/** `/api/notes` in JSON: what is checked is what is documented. */

export const noteLineSchema = {
  $id: 'NoteLine',
  type: 'object',
  required: ['id', 'title', 'readers', 'written'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', description: 'Part of its address, /notes/<id>.' },
    title: { type: 'string' },
    readers: { type: 'integer', minimum: 0, description: 'People who have it open, as far as this device knows.' },
    written: { type: 'boolean', description: 'It has text.' }
  }
} as const

/** What is too long for a title is said by the notes, with their own code. */
export const noteTitleSchema = {
  $id: 'NoteTitle',
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  properties: { title: { type: 'string', maxLength: 1000 } }
} as const
