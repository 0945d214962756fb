import { BIRD_COUNTS, birdCountsCsv } from './bird-counts.ts'
import { type SampleFile, textFile } from './sample-file.ts'

/** Where the lesson would be on the internet; nobody can own a name that ends in `.example` (RFC 2606). */
const HOME = 'https://lessons.joinery.example/counting-birds'

/** One lesson of two pages with a picture, a data file and the kinds of links that lessons have. Written for Joinery, CC-BY 4.0. */
export function lessonFiles(folder: string): SampleFile[] {
  return [
    textFile(`${folder}/index.html`, page('Counting birds', 'index.html', FIRST_PAGE)),
    textFile(`${folder}/next.html`, page('What to do next', 'next.html', SECOND_PAGE)),
    textFile(`${folder}/style.css`, STYLE),
    textFile(`${folder}/fig/birds.svg`, picture()),
    textFile(`${folder}/data/bird-counts.csv`, birdCountsCsv())
  ]
}

const FIRST_PAGE = `<p>Five kinds of birds came to the garden of our school on one morning. We wrote down how many.</p>
<p><img src="fig/birds.svg" width="420" height="200" alt="Bars: sparrow 23, blackbird 14, robin 11, goldfinch 9, wren 5."></p>
<h2>Get the data</h2>
<p>Download <a href="data/bird-counts.csv">bird-counts.csv</a>, or let Python or R read it from its address:</p>
<pre><code class="language-python">import csv, urllib.request
url = "${HOME}/data/bird-counts.csv"
rows = list(csv.DictReader(line.decode() for line in urllib.request.urlopen(url)))
print(sum(int(row["count"]) for row in rows))</code></pre>
<pre><code class="language-r">birds &lt;- read.csv("${HOME}/data/bird-counts.csv")
sum(birds$count)</code></pre>
<h2>Or install a package that has it</h2>
<pre><code class="language-bash">pip install joinery-birds
joinery-birds</code></pre>
<pre><code class="language-r">install.packages("joinerybirds")
joinerybirds::count_birds()</code></pre>
<p>How many birds were there? <a href="${HOME}/next.html">Go on</a> when you know.</p>`

const SECOND_PAGE = `<p>There were 62 birds. Now count something in your own garden, and put it into the shared notes.</p>
<p>More lessons: <a href="https://carpentries.org/lessons/">The Carpentries</a>. <a href="index.html">Back to the birds</a>.</p>`

function page(title: string, name: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="canonical" href="${HOME}/${name}">
<link rel="stylesheet" href="style.css">
<title>${title}</title>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
<footer><p>A sample lesson of Joinery, <a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC-BY 4.0</a>.</p></footer>
</body>
</html>
`
}

const STYLE = `body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 42rem; padding: 1rem; }
pre { background: #f2f2ee; border-radius: 0.4rem; overflow-x: auto; padding: 0.8rem; }
img { height: auto; max-width: 100%; }
@media (prefers-color-scheme: dark) { body { background: #17181a; color: #eee; } pre { background: #26282c; } a { color: #9cf; } }
`

function picture(): string {
  const bars = BIRD_COUNTS.map(([bird, count], i) => {
    const y = 12 + i * 36
    return `<text x="94" y="${y + 17}" text-anchor="end">${bird}</text>
<rect x="104" y="${y}" width="${count * 11}" height="24" rx="4" fill="#2a7f62"/>
<text x="${110 + count * 11}" y="${y + 17}">${count}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="420" height="200" viewBox="0 0 420 200" font-family="sans-serif" font-size="14">
<rect width="420" height="200" fill="#fff"/>
${bars.join('\n')}
</svg>
`
}
