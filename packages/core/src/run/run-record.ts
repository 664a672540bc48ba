import type { RunRecord } from './record.ts'

/** What a run began with. @param id the run's, a part of it that no other has, or `latest` @throws RUN_UNKNOWN, NOT_RESUMABLE */
export async function runRecord(appDir: string, id: string): Promise<RunRecord> {
  const { findRun, readRecord } = await import('./resume.ts')
  return readRecord(appDir, findRun(appDir, id))
}
