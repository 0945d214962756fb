/**
 * The dashboard where scripts run: one stream of events, and what changed is rendered by the same functions as on the node. A part is exchanged only when it
 * differs, a few at a time, and never under the hands of somebody who is in it.
 */
import { afterChange, type GlanceChange, type RoomGlance } from '../../protocols/room-glance.ts'
import { hashOf } from '../hash.ts'
import { isLanguage } from '../languages.ts'
import { isBig, renderDevice, renderMore, renderTop } from './device-card.ts'
import { roomContext } from './room-context.ts'
import { inOrder } from './room-page.ts'
import { ROOM_PARTS } from './room-parts.ts'
import { followUploads } from './upload-form.ts'

/** So long may one go at it before the page gets its turn: far below what a person feels, also on a phone. */
const TURN_MS = 12
/** A stream that was refused, as by a device that has just started, is not opened again by the browser itself. */
const AGAIN_MS = 10_000

const root = document.querySelector<HTMLElement>('[data-room]')
if (root) followRoom(root)

function followRoom(root: HTMLElement): void {
  const { lang } = document.documentElement
  const mayChange = root.dataset.room === 'change'
  const context = roomContext({ language: isLanguage(lang) ? lang : 'en', helps: true, mayChange })
  const list = root.querySelector('.devices')
  const state = root.querySelector<HTMLElement>('[data-live-state]')
  let glance: RoomGlance | undefined
  let stream: EventSource | undefined
  /** What is to be done, by the place that it is done to: newer work takes the place of older. */
  const due = new Map<unknown, () => void>()
  let scheduled = false

  function later(place: unknown, work: () => void): void {
    due.set(place, work)
    if (scheduled) return
    scheduled = true
    setTimeout(takeTurn, 0)
  }

  function takeTurn(): void {
    const untilMs = performance.now() + TURN_MS
    for (const [place, work] of due) {
      due.delete(place)
      work()
      if (performance.now() >= untilMs) break
    }
    scheduled = due.size > 0
    if (scheduled) setTimeout(takeTurn, 0)
  }

  function fill(place: HTMLElement | null, render: () => string): void {
    if (!place) return
    later(place, () => {
      if (place.contains(document.activeElement)) return
      const text = render()
      // What the node rendered already is not rendered again.
      const hash = hashOf(text)
      if (place.dataset.hash === hash) return
      place.dataset.hash = hash
      // What somebody has opened stays open.
      const isOpen = place.querySelector('details[open]') !== null
      place.innerHTML = text
      if (isOpen) place.querySelector('details')?.setAttribute('open', '')
    })
  }

  function show(now: RoomGlance, change: GlanceChange): void {
    const isWhole = change.whole !== undefined
    for (const [name, render] of Object.entries(ROOM_PARTS))
      fill(root.querySelector<HTMLElement>(`[data-part="${name}"]`), () => render(now, context).html)
    if (!list) return
    const changed = new Set([...(change.devices ?? []).map(({ id }) => id), ...Object.keys(change.hours ?? {})])
    // With one device more or less, all are shown in another way.
    if (list.classList.contains('short') !== isBig(now) && !list.contains(document.activeElement)) {
      list.classList.toggle('short', isBig(now))
      list.replaceChildren()
    }
    const cards = new Map([...list.children].map((card) => [(card as HTMLElement).dataset.device ?? '', card]))
    for (const [id, card] of cards) if (!now.devices.some((device) => device.id === id)) card.remove()
    for (const device of inOrder(now)) {
      const card = cards.get(device.id)
      if (!card) {
        later(device.id, () => {
          list.insertAdjacentHTML('beforeend', renderDevice(device, now, context).html)
        })
      } else if (isWhole || changed.has(device.id)) {
        fill(card.querySelector<HTMLElement>('[data-live="top"]'), () => renderTop(device, now, context).html)
        const more = card.querySelector<HTMLDetailsElement>('details.more')
        if (more?.open)
          fill(more.querySelector<HTMLElement>('[data-live="more"]'), () => renderMore(device, now, context).html)
      }
    }
  }

  // What is folded away is rendered when it is opened.
  list?.addEventListener(
    'toggle',
    (event) => {
      const more = event.target as HTMLDetailsElement
      const id = more.closest<HTMLElement>('[data-device]')?.dataset.device
      const device = glance?.devices.find((one) => one.id === id)
      const now = glance
      if (more.open && device && now && more.matches('.more'))
        fill(more.querySelector<HTMLElement>('[data-live="more"]'), () => renderMore(device, now, context).html)
    },
    true
  )

  function tell(isLive: boolean): void {
    if (!state) return
    state.textContent = (isLive ? state.dataset.liveOn : state.dataset.liveOff) ?? ''
    state.classList.toggle('on', isLive)
  }

  /** Only while somebody looks: the devices of the room tell how they are as long as it is open. */
  function follow(): void {
    if (document.visibilityState === 'visible') {
      if (stream) return
      stream = new EventSource('/room/live')
      stream.onopen = () => tell(true)
      stream.onerror = () => {
        tell(false)
        if (stream?.readyState !== EventSource.CLOSED) return
        stream = undefined
        setTimeout(follow, AGAIN_MS)
      }
      stream.onmessage = ({ data }) => {
        const change = JSON.parse(String(data)) as GlanceChange
        glance = afterChange(glance, change)
        if (glance) show(glance, change)
      }
    } else stop()
  }

  function stop(): void {
    stream?.close()
    stream = undefined
  }

  // What changed meanwhile under somebody's hands.
  root.addEventListener('focusout', () => {
    if (glance) show(glance, { whole: glance })
  })

  const upload = root.querySelector<HTMLFormElement>('[data-upload]')
  if (upload) followUploads(upload, context.language)

  // The clock of this computer, in one click.
  const form = root.querySelector<HTMLFormElement>('[data-clock]')
  const byHand = form?.querySelector<HTMLElement>('.field')
  if (form && byHand) {
    byHand.hidden = true
    form.addEventListener('submit', () => {
      const input = byHand.querySelector('input')
      if (input) input.value = new Date().toISOString()
    })
  }

  document.addEventListener('visibilitychange', follow)
  addEventListener('pagehide', stop)
  addEventListener('pageshow', follow)
  follow()
}
