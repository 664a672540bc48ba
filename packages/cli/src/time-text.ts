/** `2026-11-29 15:47:45`, in UTC as in all of Levada. */
export const timeText = (time: string): string => time.slice(0, 19).replace('T', ' ')
