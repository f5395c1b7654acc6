/** Opens the microphone that was chosen. */

/** The stream of the chosen device ("": the default one), or of the default one where the chosen one is gone. */
export async function openMicrophone(deviceId, audio) {
  const media = navigator.mediaDevices;
  if (!deviceId) return media.getUserMedia({ audio });
  try {
    return await media.getUserMedia({ audio: { ...audio, deviceId: { exact: deviceId } } });
  } catch (error) {
    if (error.name !== "OverconstrainedError" && error.name !== "NotFoundError") throw error;
    return media.getUserMedia({ audio });
  }
}
