import type { PeerProfile } from '../../protocols/message-stream.ts'

/** What a simulated device says of itself. */
export function profileOf(name: string, more: Partial<PeerProfile> = {}): PeerProfile {
  return { name, role: 'node', bootId: '00'.repeat(16), httpPort: 8080, capacityBytes: 2 ** 40, ...more }
}
