/**
 * Ends what a thread computes at the moment, such as a loop without an end; neither its `catch` nor its `finally` runs. The thread
 * goes on with what else it has to do, so that it closes what it has open: an engine that is torn down with its thread while it
 * works ends the whole process. It is held at a statement first, since native code does not bear to be interrupted, and let go when
 * it turns out to have come to an end.
 * @param name that the thread was started with, and no other one was
 * @param isNeeded asked while the thread is held
 * @throws what Node says where it has no inspector
 */
export async function interruptThread(name: string, isNeeded: () => boolean): Promise<void> {
  const { Session } = await import('node:inspector')
  const session = new Session()
  session.connect()
  await new Promise<void>((resolve) => {
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      // The inspector counts threads in a way of its own.
      if (!workerInfo.title.endsWith(name)) return
      let id = 0
      const tell = (method: string): void =>
        session.post('NodeWorker.sendMessageToWorker', {
          sessionId,
          message: JSON.stringify({ id: ++id, method }),
        })
      session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
        const { method } = JSON.parse(params.message) as { readonly method?: string }
        if (params.sessionId !== sessionId) return
        if (method === 'Debugger.paused') {
          if (isNeeded()) tell('Runtime.terminateExecution')
          tell('Debugger.resume')
        } else if (method === 'Debugger.resumed') resolve()
      })
      tell('Debugger.enable')
      tell('Debugger.pause')
    })
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
    // One that has ended meanwhile, or is in native code, answers nothing.
    setTimeout(resolve, 1000).unref()
  })
  session.disconnect()
}
