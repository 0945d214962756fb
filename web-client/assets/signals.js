/**
 * Where scripts run, the sticky and the hand change in place and follow the room: "all down", or a press on another device of the same person.
 * The stream is open only while the page is in sight: a browser has six connections for all its pages.
 */
const form = document.querySelector('[data-signals]')
const spoken = document.createElement('p')
spoken.className = 'for-readers'
spoken.setAttribute('role', 'status')
form.append(spoken)

function show({ sticky, hand }) {
  for (const button of form.querySelectorAll('button')) {
    const { on, off } = button.dataset
    const isOn = button.name === 'hand' ? hand : sticky === on
    button.setAttribute('aria-pressed', String(isOn))
    button.value = isOn ? off : on
  }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  spoken.textContent = ''
  const { name, value } = event.submitter
  try {
    const answer = await fetch(form.action, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ [name]: value })
    })
    if (!answer.ok) throw new Error(answer.statusText)
    show(await answer.json())
  } catch {
    spoken.textContent = form.dataset.failed
  }
})

const AGAIN_MS = 30_000
let stream
function follow() {
  if (document.visibilityState === 'visible') {
    stream ??= new EventSource('/signals/live')
    stream.onmessage = ({ data }) => show(JSON.parse(data))
    // A device gives only so many; a browser that was told so does not ask again by itself.
    stream.onerror = () => {
      if (stream?.readyState !== EventSource.CLOSED) return
      stream = undefined
      setTimeout(follow, AGAIN_MS)
    }
  } else {
    stream?.close()
    stream = undefined
  }
}
document.addEventListener('visibilitychange', follow)
addEventListener('pagehide', () => {
  stream?.close()
  stream = undefined
})
follow()
