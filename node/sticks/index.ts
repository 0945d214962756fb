/**
 * Sticks for learners: plain folders with what the room has, for a room whose Wi-Fi is slower than its pockets.
 *
 * `StickContent` runs where the content is and tells what belongs on a stick; `StickWriter` runs in the command, with that person's rights, asks for the
 * bytes and writes them. Between them is the local socket (`stickItems`, `stickBytes`), or nothing when no device runs.
 */
export { StickContent, type StickContentComponents, type StickStart } from './stick-content.ts'
export { type StickSurvey, StickWriter } from './stick-writer.ts'
