/**
 * Ends what a thread computes at the moment, such as a loop without an end; neither its `catch` nor its `finally` runs. The thread
 * goes on with what else it has to do, so that it closes what it has open: an engine that is torn down with its thread while it
 * works ends the whole process. Nothing happens where Node has no inspector.
 * @param name that the thread was started with, and no other one was
 */
export async function interruptThread(name: string): Promise<void> {
  const { Session } = await import('node:inspector')
  const session = new Session()
  session.connect()
  await new Promise<void>((resolve) => {
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      // The inspector counts threads in a way of its own.
      if (!workerInfo.title.endsWith(name)) return
      session.post('NodeWorker.sendMessageToWorker', {
        sessionId,
        message: JSON.stringify({ id: 1, method: 'Runtime.terminateExecution' }),
      })
    })
    session.on('NodeWorker.receivedMessageFromWorker', () => resolve())
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
    // One that has ended meanwhile answers nothing.
    setTimeout(resolve, 1000).unref()
  })
  session.disconnect()
}
