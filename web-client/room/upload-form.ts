/**
 * The form that sends a file, where scripts run: how far it is, how fast and how long it takes, and a way to stop. What has no room is told before anything is
 * sent. Without scripts the browser sends the same form.
 */
import { formatBytes, formatTime } from '../formats.ts'
import type { Language } from '../languages.ts'
import { type UploadTexts, uploadTextsIn } from './upload-texts.ts'

/** What is left on the disk for a file, in bytes. */
const SPACE_PATH = '/room/content/space'
const DONE_PATH = '/room/content'
/** The rate is that of so long: a line that becomes slow is seen. */
const RATE_OVER_MS = 5_000

export function followUploads(form: HTMLFormElement, language: Language): void {
  const words = uploadTextsIn(language)
  const input = form.querySelector<HTMLInputElement>('input[type="file"]')
  const button = form.querySelector<HTMLButtonElement>('button')
  if (!input || !button) return
  const state = document.createElement('div')
  state.className = 'sending'
  form.append(state)
  const say = (text: string, isProblem = false): void => {
    const line = document.createElement('p')
    line.setAttribute('role', isProblem ? 'alert' : 'status')
    if (isProblem) line.className = 'problem'
    line.textContent = text
    state.replaceChildren(line)
  }

  form.addEventListener('submit', (event) => {
    const [file] = input.files ?? []
    if (!file) return
    event.preventDefault()
    button.disabled = true
    const end = (text: string, isProblem: boolean): void => {
      button.disabled = false
      say(text, isProblem)
    }
    askSpace()
      .then((most) => {
        if (most !== undefined && file.size > most)
          end(words.tooLarge(formatBytes(file.size, language), formatBytes(most, language)), true)
        else send(form, file, { words, language, state, end })
      })
      .catch(() => end(words.broken, true))
  })
}

/** @returns undefined when the device does not say: it looks itself, too */
async function askSpace(): Promise<number | undefined> {
  const answer = await fetch(SPACE_PATH, { headers: { accept: 'application/json' } })
  if (!answer.ok) return undefined
  const { mostBytes } = (await answer.json()) as { mostBytes?: unknown }
  return typeof mostBytes === 'number' ? mostBytes : undefined
}

interface Sending {
  words: UploadTexts
  language: Language
  state: HTMLElement
  end(text: string, isProblem: boolean): void
}

function send(form: HTMLFormElement, file: File, { words, language, state, end }: Sending): void {
  const label = document.createElement('p')
  label.id = 'sending-label'
  label.textContent = words.sending(file.name)
  const bar = document.createElement('progress')
  bar.max = 1
  bar.value = 0
  bar.setAttribute('aria-labelledby', label.id)
  const told = document.createElement('p')
  told.className = 'faint'
  const cancel = document.createElement('button')
  cancel.type = 'button'
  cancel.className = 'button'
  cancel.textContent = words.cancel
  state.replaceChildren(label, bar, told, cancel)

  // Only XMLHttpRequest tells how much of a body has left.
  const request = new XMLHttpRequest()
  const rate = new Rate()
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = total > 0 ? loaded / total : 0
    told.textContent =
      loaded < total
        ? progressText(loaded, total, rate.after(loaded, performance.now()), words, language)
        : words.storing
  }
  const stay = (event: Event): void => event.preventDefault()
  addEventListener('beforeunload', stay)
  request.onloadend = () => removeEventListener('beforeunload', stay)
  request.onload = () => {
    removeEventListener('beforeunload', stay)
    if (request.status < 400) location.assign(DONE_PATH)
    else end(refusal(request.responseText, words), true)
  }
  request.onerror = () => end(words.broken, true)
  request.onabort = () => end(words.cancelled, false)
  cancel.addEventListener('click', () => request.abort())
  request.open('POST', form.action)
  request.setRequestHeader('accept', 'application/json')
  request.send(new FormData(form))
}

/** @param bytesPerSecond undefined while it is not known */
export function progressText(
  sent: number,
  all: number,
  bytesPerSecond: number | undefined,
  words: UploadTexts,
  language: Language
): string {
  const parts = [words.progress(formatBytes(sent, language), formatBytes(all, language))]
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) {
    parts.push(words.rate(formatBytes(bytesPerSecond, language)))
    parts.push(words.left(formatTime(((all - sent) / bytesPerSecond) * 1000, language)))
  }
  return parts.join(' · ')
}

/** Of the last seconds. */
export class Rate {
  readonly #points: { sent: number; atMs: number }[] = []

  /** @returns bytes a second; undefined until there is something to compare with */
  after(sent: number, atMs: number): number | undefined {
    this.#points.push({ sent, atMs })
    // One older point stays: there is always something to compare with.
    while ((this.#points[1]?.atMs ?? atMs) < atMs - RATE_OVER_MS) this.#points.shift()
    const [first] = this.#points
    return first && atMs > first.atMs ? ((sent - first.sent) / (atMs - first.atMs)) * 1000 : undefined
  }
}

/** The device answers with a code; its words are for programs. */
export function refusal(answer: string, words: UploadTexts): string {
  switch (codeIn(answer)) {
    case 'UPLOAD_TOO_LARGE':
      return words.full
    case 'UPLOAD_TYPE':
      return words.kind
    case 'BUSY':
      return words.busy
    default:
      return words.failed
  }
}

function codeIn(answer: string): unknown {
  try {
    return (JSON.parse(answer) as { code?: unknown }).code
  } catch {
    return undefined
  }
}
