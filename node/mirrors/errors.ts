/** Why a file was not taken, or a page could not be made. Each message names the file. */
import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  ARCHIVE_BROKEN: { status: 422, next: 'The file is cut off or damaged: download or copy it again.' },
  ARCHIVE_UNSAFE: { status: 422, next: 'Do not open this file; get it again from its publisher.' },
  ARCHIVE_TOO_LARGE: {
    status: 422,
    next: 'Joinery does not take an archive of this size; put its content in smaller ones.'
  },
  PACKAGE_MISMATCH: {
    status: 422,
    next: 'The file is not what its name says: it was renamed or tampered with. Download it again and keep its name.'
  },
  PACKAGE_UNREADABLE: { status: 422, next: 'This is not a package that pip or R can install: download it again.' },
  PLACE_UNKNOWN: { status: 422, next: 'Keep the folders that the file was published in, and import those.' },
  WRONG_KIND: { status: 422, next: 'Put the file in the collection that it is for, or leave it out.' },
  INSTALLER_MISMATCH: {
    status: 422,
    next: 'It is probably a web page that was saved in place of the download: open it to see, and download it again.'
  }
})
