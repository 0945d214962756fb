/**
 * The way from a lesson's page to the learner's sticky and hand, and back to the room: two links at the edge of the window. The page is somebody else's and has
 * an origin of its own, so that neither it nor this bar can set anything: the links lead to the room's own pages. ASCII only, as all that is added.
 */
import { asciiOf } from './page-additions.ts'
import { barTexts } from './texts.ts'

/**
 * In a shadow tree, which browsers make without scripts, so that the page's styles and scripts do not meet it; beside the page and not on paper. A browser
 * that does not know such trees shows the link inside. In a small frame within a page there is no place for it.
 */
const STYLE = `<style>:host{font:600 14px/1.2 system-ui,sans-serif!important}nav{display:flex;gap:1px;border-radius:22px;overflow:hidden;
background:#5b6470;box-shadow:0 1px 4px #0006;opacity:.92}nav:hover,nav:focus-within{opacity:1}
a{display:flex;align-items:center;min-height:36px;padding:2px 14px;background:#1d2733;color:#fff;text-decoration:none}
a:hover{background:#34404d}a:focus-visible{outline:3px solid #ffd75e;outline-offset:-4px;border-radius:20px}
i{width:11px;height:11px;margin-inline-end:7px;border-radius:2px}.r{background:#ff6b5e}.g{background:#4fd17c;margin-inline-end:2px}
@media print,(max-width:199px),(max-height:239px){:host{display:none!important}}</style>`

const PLACE = 'all:initial;position:fixed;inset:auto 8px 8px auto;z-index:2147483000'

/** @param room where its pages are, such as `http://192.168.4.1` @param language of the page, as in `<html lang>` */
export function roomBar(room: string, language: string | undefined): string {
  const { title, signals, back } = barTexts(language)
  const link = `href="${room}/signals" target="_blank" rel="noopener"`
  return `<joinery-bar style="${PLACE}"><template shadowrootmode="open">${STYLE}<nav aria-label="${asciiOf(title)}">
<a ${link}><i class="g"></i><i class="r"></i>${asciiOf(signals)}</a><a href="${room}/">${asciiOf(back)}</a></nav></template><a ${link}>${asciiOf(signals)}</a></joinery-bar>`
}
