import { type SampleFile, textFile } from './sample-file.ts'

const TEXT = 'This is a sample of Joinery: it stands where an installer of your class would be, and installs nothing.'

/** One file for each system, so that the list has something to choose from. */
export function installerFiles(folder: string): SampleFile[] {
  return [
    textFile(`${folder}/joinery-sample-1.0-windows.bat`, `@echo off\r\necho ${TEXT}\r\npause\r\n`),
    textFile(`${folder}/joinery-sample-1.0-macos.command`, `#!/bin/sh\necho "${TEXT}"\n`),
    textFile(`${folder}/joinery-sample-1.0-linux.sh`, `#!/bin/sh\necho "${TEXT}"\n`)
  ]
}
