import { autocompletion, completionKeymap, type CompletionSource } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PLSQL, PostgreSQL, sql, type SQLDialect, type SQLNamespace } from "@codemirror/lang-sql";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  placeholder,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import classes from "./sql-editor.module.css";
import type { Completion, SqlEditorProps } from "./sql-editor";

const highlight = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.operatorKeyword],
    color: "var(--asql-sql-keyword)",
    fontWeight: "500",
  },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--asql-sql-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--asql-sql-number)" },
  { tag: [tags.comment], color: "var(--asql-sql-comment)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--asql-sql-type)" },
]);

const DIALECTS: Record<"postgres" | "oracle", SQLDialect> = { postgres: PostgreSQL, oracle: PLSQL };

interface LanguageProps {
  dialect: SqlEditorProps["dialect"];
  schema?: SQLNamespace | undefined;
  names?: readonly Completion[] | undefined;
}

function language({ dialect, schema, names }: LanguageProps): Extension {
  const support = sql({
    dialect: DIALECTS[dialect],
    upperCaseKeywords: true,
    ...(schema === undefined ? {} : { schema }),
  });
  const completed = DIALECTS[dialect].language.data.of({ autocomplete: afterColon(names ?? []) });
  return [support, completed];
}

/** Completes names after one colon; two are a cast of PostgreSQL. */
function afterColon(names: readonly Completion[]): CompletionSource {
  return (context) => {
    const word = context.matchBefore(/:+\w*/);
    if (word === null || word.text.startsWith("::")) return null;
    return { from: word.from, options: names.map((name) => ({ ...name, type: "constant" })) };
  };
}

function extensions(label: string, hint: string | undefined): Extension[] {
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    autocompletion(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    syntaxHighlighting(highlight),
    // Tab leaves the editor, as everywhere on a page.
    keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, ...searchKeymap]),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
    ...(hint === undefined ? [] : [placeholder(hint)]),
  ];
}

/** The editor itself; loaded only where SQL is edited. */
export function SqlEditorView(props: SqlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const onChange = useRef(props.onChange);
  const parts = useRef({ language: new Compartment(), editable: new Compartment() });
  const initial = useRef(props);
  useEffect(() => {
    onChange.current = props.onChange;
  });
  useEffect(() => {
    if (host.current === null) return undefined;
    const { value, label, hint } = initial.current;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          extensions(label, hint),
          parts.current.language.of(language(initial.current)),
          parts.current.editable.of([]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) onChange.current?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, []);
  const { dialect, schema, names } = props;
  useEffect(() => {
    view.current?.dispatch({
      effects: parts.current.language.reconfigure(language({ dialect, schema, names })),
    });
  }, [dialect, schema, names]);
  const insertion = props.insertion;
  useEffect(() => {
    const editor = view.current;
    if (editor === null || insertion === null || insertion === undefined) return;
    editor.dispatch(editor.state.replaceSelection(insertion.text));
    editor.focus();
  }, [insertion]);
  useEffect(() => {
    const isReadOnly = props.isReadOnly === true;
    view.current?.dispatch({
      effects: parts.current.editable.reconfigure([
        EditorState.readOnly.of(isReadOnly),
        EditorView.editable.of(!isReadOnly),
        // A text that cannot be edited must still be reachable to scroll and copy.
        EditorView.contentAttributes.of(isReadOnly ? { tabindex: "0" } : {}),
      ]),
    });
  }, [props.isReadOnly]);
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === props.value) return;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: props.value },
    });
  }, [props.value]);
  const fault = props.fault;
  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    const isThere = fault !== null && fault !== undefined && fault.line <= editor.state.doc.lines;
    if (!isThere) {
      editor.dispatch(setDiagnostics(editor.state, []));
      return;
    }
    const line = editor.state.doc.line(Math.max(1, fault.line));
    const from = Math.min(line.to, line.from + Math.max(0, fault.column - 1));
    const to = Math.max(from, line.to);
    const found = { from, to, severity: "error" as const, message: fault.message };
    editor.dispatch(setDiagnostics(editor.state, [found]));
  }, [fault]);
  return (
    <div
      ref={host}
      className={classes.editor}
      data-invalid={props.isInvalid === true || undefined}
    />
  );
}
