// The webcam: takes a photo as a file.

const REFUSED = {
  NotAllowedError: "The browser blocks the webcam: allow it in the address bar, or upload a photo.",
  NotFoundError: "No webcam was found: connect one, or upload a photo.",
  NotReadableError: "Another program uses the webcam: close it, or upload a photo.",
};
const UNAVAILABLE = "This page cannot use a webcam here: open it over HTTPS or on this computer, or upload a photo.";

// `give` gets the file, `complain` a sentence if there is no webcam.
export function createCamera({ element, give, complain }) {
  const $ = (selector) => element.querySelector(selector);
  const video = $("video");
  let openings = 0; // only the last of several attempts gets the camera

  async function open() {
    close();
    complain("");
    const opening = openings;
    try {
      if (!navigator.mediaDevices) throw new Error("not a secure page");
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
      if (opening !== openings) return stop(stream);
      video.srcObject = stream;
      $(".camera").hidden = false;
      await video.play();
    } catch (error) {
      if (opening !== openings) return;
      close();
      complain(REFUSED[error.name] ?? UNAVAILABLE);
    }
  }

  function close() {
    openings += 1;
    stop(video.srcObject);
    video.srcObject = null;
    $(".camera").hidden = true;
  }

  function take() {
    const shot = document.createElement("canvas");
    Object.assign(shot, { width: video.videoWidth, height: video.videoHeight });
    shot.getContext("2d").drawImage(video, 0, 0);
    shot.toBlob((blob) => give(new File([blob], "webcam.jpg", { type: "image/jpeg" })), "image/jpeg", 0.95);
    close();
  }

  return { open, close, take };
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
