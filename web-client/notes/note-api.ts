/** The JSON that the front door answers about notes. */
export interface NoteLine {
  id: string
  title: string
  readers: number
  written: boolean
}

export const noteApi = {
  list: (): Promise<NoteLine[]> => ask('GET', '/api/notes'),
  create: (title: string): Promise<NoteLine> => ask('POST', '/api/notes', { title }),
  rename: (id: string, title: string): Promise<NoteLine> => ask('PATCH', `/api/notes/${id}`, { title }),
  textAddress: (id: string): string => `/api/notes/${id}/text`
}

/** @throws Error with what to do next, as the node says it */
async function ask<Answer>(method: string, address: string, body?: object): Promise<Answer> {
  const response = await fetch(address, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  })
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer as Answer
  const next =
    typeof answer === 'object' && answer !== null && 'next' in answer ? String(answer.next) : response.statusText
  throw new Error(next)
}
