/** What is put into a lesson's page: ASCII only, so that it fits every encoding. */

/**
 * In the sandbox, storage, cookies and service workers throw when they are named. Themes keep the reader's choice of colours there, and stop working
 * altogether; so they get a storage that lasts as long as the page, and a browser that has no workers. Goes before all scripts of the page.
 */
const STORAGE = `<script>(function(){function storage(){var m=new Map();return{getItem:function(k){k=String(k);return m.has(k)?m.get(k):null},
setItem:function(k,v){m.set(String(k),String(v))},removeItem:function(k){m.delete(String(k))},clear:function(){m.clear()},
key:function(i){return Array.from(m.keys())[i]||null},get length(){return m.size}}}
["localStorage","sessionStorage"].forEach(function(n){try{window[n].length}catch(e){Object.defineProperty(window,n,{value:storage()})}});
try{document.cookie}catch(e){Object.defineProperty(document,"cookie",{get:function(){return""},set:function(){}})}
try{navigator.serviceWorker}catch(e){delete Navigator.prototype.serviceWorker}})()</script>`

/** The word "internet" is the same in the languages that we have; the whole sentence is for screen readers and for who points at it. */
const STYLE = `<style>.joinery-needs-internet{font-size:.7em;opacity:.85;vertical-align:super;white-space:nowrap;margin-inline-start:.2em}
.joinery-needs-internet>span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}</style>`

export const HEAD_ADDITION = STORAGE + STYLE

/** On a stick the address of a data file depends on where the stick is plugged in: only the page itself knows, once it is open. */
const FILE_ADDRESSES = `<script>addEventListener("DOMContentLoaded",function(){document.querySelectorAll("[data-joinery-file]").forEach(function(e){
e.textContent=decodeURI(new URL(e.dataset.joineryFile,location.href).href)})})</script>`

/** For pages that are read from a folder. */
export const FILE_HEAD_ADDITION = HEAD_ADDITION + FILE_ADDRESSES

export function asciiOf(text: string): string {
  return text.replace(/[^\x20-\x7e]|[<>&"']/gu, (character) => `&#${character.codePointAt(0)};`)
}

/** Stands inside of a link, or before something embedded, that is not in this room. */
export function needsInternetMark(text: string): string {
  const ascii = asciiOf(text)
  return `<span class="joinery-needs-internet" title="${ascii}"><i aria-hidden="true">&#8599; internet</i><span>(${ascii})</span></span>`
}
