/**
 * What pages gain where scripts run: a button that copies a line, and figures that stay fresh.
 * Served as it is. The clipboard interface needs HTTPS, which a room does not have; selecting and `execCommand` works without.
 */
const FRESH_AFTER_MS = 5_000
const { copy, copied } = document.body.dataset
const announcer = document.createElement('p')
announcer.className = 'for-readers'
announcer.setAttribute('role', 'status')
document.body.append(announcer)

function addCopyButtons(root) {
  for (const line of root.querySelectorAll('.line')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = copy
    button.addEventListener('click', () => {
      const selection = getSelection()
      selection.selectAllChildren(line.querySelector('code'))
      if (!document.execCommand('copy')) return
      selection.removeAllRanges()
      button.textContent = copied
      announcer.textContent = copied
      setTimeout(() => {
        button.textContent = copy
        announcer.textContent = ''
      }, 2_000)
    })
    line.append(button)
  }
}

async function refresh() {
  const shown = document.querySelector('[data-fresh]')
  // Nothing is exchanged under the hands of somebody who is reading or copying there.
  const busy = shown?.contains(document.activeElement) || !getSelection().isCollapsed
  if (shown && !busy && document.visibilityState === 'visible') {
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } })
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const next = page.querySelector('[data-fresh]')
      if (answer.ok && next) {
        addCopyButtons(next)
        if (next.innerHTML !== shown.innerHTML) shown.replaceWith(next)
      }
    } catch {
      // The device is gone for the moment: what is shown stays, and the next try comes by itself.
    }
  }
  setTimeout(refresh, FRESH_AFTER_MS)
}

addCopyButtons(document)
if (document.querySelector('[data-fresh]')) setTimeout(refresh, FRESH_AFTER_MS)
