import { useEffect, useRef } from "preact/hooks";
import { consultation, consult, stopConsultation } from "../doctor/consultation.ts";
import { ReportView } from "../doctor/report-view.tsx";
import { sampleLog } from "../doctor/sample.ts";

/** Logs of a cluster, read in the browser: what ails it, who led when, and where to watch the like of it. */
export function DoctorPage() {
  useEffect(() => {
    const onDrag = (event: DragEvent): void => event.preventDefault();
    const onDrop = (event: DragEvent): void => {
      event.preventDefault();
      consultFiles(event.dataTransfer?.files);
    };
    addEventListener("dragover", onDrag);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onDrag);
      removeEventListener("drop", onDrop);
    };
  }, []);
  return (
    <div class="doctor">
      <h1>The doctor</h1>
      <p>
        Drop the logs of a cluster anywhere on this page, one of each member if you have them: of etcd, Consul, Nomad,
        Vault, Quorate, and others that log in much the same words. They are read here, in your browser, and go nowhere
        else; up to 200 MB, packed with gzip or not. <code>quorate doctor</code> reads more, and live clusters too.
      </p>
      <Inputs />
      <State />
    </div>
  );
}

function Inputs() {
  const pasted = useRef<HTMLTextAreaElement>(null);
  return (
    <div class="panel">
      <label class="field">
        Log files{" "}
        <input
          type="file"
          multiple
          onChange={({ currentTarget }) => {
            consultFiles(currentTarget.files);
            // So that the same files may be chosen again.
            currentTarget.value = "";
          }}
        />
      </label>
      <details>
        <summary>Or paste lines</summary>
        <label class="field">
          Lines of a log
          <textarea ref={pasted} rows={8} spellcheck={false} />
        </label>
        <button type="button" onClick={() => consultText("pasted", pasted.current?.value ?? "")}>
          Examine these lines
        </button>
      </details>
      <div class="buttons">
        <button type="button" onClick={() => consultText("leader.log", sampleLog)}>
          Show a sample
        </button>
      </div>
    </div>
  );
}

function State() {
  const state = consultation.value;
  if (state.kind === "none") return null;
  if (state.kind === "done") return <ReportView report={state.report} />;
  if (state.kind === "failed") {
    return (
      <p class="problem" role="alert">
        The logs could not be examined: {state.why}. Load the page anew, and try again.
      </p>
    );
  }
  const { bytes, totalBytes } = state;
  return (
    <div class="panel">
      <label class="field">
        Reading: {(bytes / 1e6).toFixed(0)} of {(totalBytes / 1e6).toFixed(0)} MB
        <progress value={bytes} max={Math.max(1, totalBytes)} />
      </label>
      <button type="button" onClick={stopConsultation}>
        Stop
      </button>
    </div>
  );
}

function consultFiles(files: FileList | null | undefined): void {
  void consult([...(files ?? [])].map((file) => ({ name: file.name, content: file })));
}

function consultText(name: string, text: string): void {
  void consult([{ name, content: new Blob([text]) }]);
}
