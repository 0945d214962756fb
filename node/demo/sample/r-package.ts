import { birdCountsCsv } from './bird-counts.ts'
import { textFile } from './sample-file.ts'
import { writeTarGz } from './tar-writer.ts'

export const R_PACKAGE_NAME = 'joinerybirds_1.0.0.tar.gz'

/** A source package of pure R, installable without a compiler. MIT, as the rest of Joinery. */
export function rPackageBytes(): Uint8Array {
  const files = [
    textFile('joinerybirds/DESCRIPTION', DESCRIPTION),
    textFile('joinerybirds/LICENSE', 'YEAR: 2026\nCOPYRIGHT HOLDER: The Joinery authors\n'),
    textFile('joinerybirds/NAMESPACE', 'export(count_birds)\nexport(bird_counts)\n'),
    textFile('joinerybirds/R/birds.R', CODE),
    textFile('joinerybirds/inst/extdata/bird-counts.csv', birdCountsCsv()),
    textFile('joinerybirds/man/count_birds.Rd', MANUAL)
  ]
  return writeTarGz(files.map(({ path, bytes }) => ({ name: path, bytes })))
}

const DESCRIPTION = `Package: joinerybirds
Version: 1.0.0
Title: Counts the Birds of the Sample Lesson
Description: A tiny package that shows that R installs from this room.
Author: The Joinery authors
Maintainer: The Joinery authors <joinery@joinery.example>
License: MIT + file LICENSE
Encoding: UTF-8
Depends: R (>= 3.5)
Imports: utils
NeedsCompilation: no
Packaged: 2026-01-01 00:00:00 UTC; joinery
`

const CODE = `bird_counts <- function() {
  utils::read.csv(system.file("extdata", "bird-counts.csv", package = "joinerybirds"))
}

count_birds <- function() {
  sum(bird_counts()$count)
}
`

const MANUAL = `\\name{count_birds}
\\alias{count_birds}
\\alias{bird_counts}
\\title{The birds of the sample lesson}
\\description{How many birds were seen, of each kind and of all kinds together.}
\\usage{
bird_counts()
count_birds()
}
\\value{A data frame with the columns bird and count; the number of all birds.}
\\examples{
count_birds()
}
`
