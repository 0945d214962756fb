import { sha256 } from '../../platform/hash.ts'
import { birdCountsCsv } from './bird-counts.ts'
import { type SampleFile, textFile } from './sample-file.ts'
import { writeZip } from './zip-writer.ts'

export const WHEEL_NAME = 'joinery_birds-1.0.0-py3-none-any.whl'

/** A wheel of pure Python for every Python from 3.7 on, with a command. MIT, as the rest of Joinery. */
export function wheelBytes(): Uint8Array {
  const files = [
    textFile('joinery_birds/__init__.py', MODULE),
    textFile('joinery_birds/__main__.py', 'from joinery_birds import main\n\nmain()\n'),
    textFile('joinery_birds/bird-counts.csv', birdCountsCsv()),
    textFile(`${INFO}/METADATA`, METADATA),
    textFile(`${INFO}/WHEEL`, 'Wheel-Version: 1.0\nGenerator: joinery\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
    textFile(`${INFO}/entry_points.txt`, '[console_scripts]\njoinery-birds = joinery_birds:main\n'),
    textFile(`${INFO}/top_level.txt`, 'joinery_birds\n')
  ]
  const record = textFile(`${INFO}/RECORD`, recordOf(files))
  return writeZip([...files, record].map(({ path, bytes }) => ({ name: path, bytes })))
}

const INFO = 'joinery_birds-1.0.0.dist-info'

function recordOf(files: readonly SampleFile[]): string {
  const rows = files.map(({ path, bytes }) => {
    const hash = Buffer.from(sha256(bytes)).toString('base64url')
    return `${path},sha256=${hash},${bytes.length}\n`
  })
  return `${rows.join('')}${INFO}/RECORD,,\n`
}

const METADATA = `Metadata-Version: 2.1
Name: joinery-birds
Version: 1.0.0
Summary: Counts the birds of the sample lesson of Joinery
License: MIT
Requires-Python: >=3.7
Description-Content-Type: text/plain

A tiny package that shows that pip installs from this room.
Run "joinery-birds", or "python -m joinery_birds".
`

const MODULE = `"""The birds of the sample lesson."""
import csv
import os

__version__ = "1.0.0"


def counts():
    """How many birds of each kind were seen."""
    path = os.path.join(os.path.dirname(__file__), "bird-counts.csv")
    with open(path, newline="") as file:
        return {row["bird"]: int(row["count"]) for row in csv.DictReader(file)}


def main():
    for bird, count in counts().items():
        print(f"{bird:<12}{count:>4}")
    print(f"{'all':<12}{sum(counts().values()):>4}")
`
