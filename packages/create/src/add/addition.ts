import type { Files } from '../template.ts'

/** Where something is added: a folder on disk, or Nx's tree. Paths are relative to it, with `/`. */
export interface Folder {
  read(file: string): string | undefined
  /** Names of the folders in a folder; none where there is no such folder. */
  folders(folder: string): readonly string[]
}

/** A change to a file that is there. */
export interface Edit {
  readonly file: string
  /** What the file is to say, for people. */
  readonly line: string
  /** The file with the line, the same text where it has it already; undefined where a person has to add it. */
  readonly text: string | undefined
}

/** What is to be written, so that something new is part of a workspace. Nothing is written yet. */
export interface Addition {
  /** New files; one that is there is somebody's work, and stays as it is. */
  readonly files: Files
  readonly edits: readonly Edit[]
}
