package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the files that tests compare with")

const examplePath = "../../config.example.yaml"

// TestExampleConfig keeps config.example.yaml what the doc comments of the
// configuration say, and its values what the defaults are.
func TestExampleConfig(t *testing.T) {
	t.Parallel()
	want := exampleConfig(t)
	if *update {
		if err := os.WriteFile(examplePath, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("config.example.yaml is not what the doc comments say: run go test ./cmd/handrail -run TestExampleConfig -update\n%s", want)
	}
	cfg := defaults()
	if _, faults := decodeStrict("config.example.yaml", got, &cfg); len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
	def := defaults()
	def.Matrix.Homeserver, def.Matrix.User = "https://matrix.example.org", "handrail"
	if !reflect.DeepEqual(cfg, def) {
		t.Errorf("the example holds\n%+v\nthe defaults are\n%+v", cfg, def)
	}
	if faults := cfg.check(positions{file: "config.example.yaml"}); len(faults) > 0 {
		t.Errorf("the example's values: %v", faults)
	}
}

// exampleConfig writes the example from the structs and their doc comments.
func exampleConfig(t *testing.T) []byte {
	t.Helper()
	docs := fieldDocs(t)
	var b bytes.Buffer
	for _, line := range wrap(docs["Config"], 77) {
		b.WriteString("# " + line + "\n")
	}
	c := defaults()
	c.Matrix.Homeserver, c.Matrix.User = "https://matrix.example.org", "handrail"
	writeExample(t, &b, docs, reflect.ValueOf(c), "")
	return b.Bytes()
}

func writeExample(t *testing.T, b *bytes.Buffer, docs map[string]string, v reflect.Value, indent string) {
	t.Helper()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := f.Tag.Get("yaml")
		doc := docs[v.Type().Name()+"."+f.Name]
		if key == "" || doc == "" {
			t.Fatalf("%s.%s lacks a key or a doc comment", v.Type().Name(), f.Name)
		}
		if b.Len() > 0 && !strings.HasSuffix(b.String(), ":\n") {
			b.WriteString("\n")
		}
		for _, line := range wrap(doc, 77-len(indent)) {
			b.WriteString(indent + "# " + line + "\n")
		}
		val := v.Field(i)
		switch x := val.Interface().(type) {
		case string:
			text := x
			if text == "" || strings.ContainsAny(text, "@: ") && !strings.HasPrefix(text, "http") {
				text = fmt.Sprintf("%q", text)
			}
			fmt.Fprintf(b, "%s%s: %s\n", indent, key, text)
		case time.Duration:
			fmt.Fprintf(b, "%s%s: %s\n", indent, key, plainSpan(x))
		case []StaffMember, []StaffShift, []StaffWords:
			fmt.Fprintf(b, "%s%s: []\n", indent, key)
		case []string:
			fmt.Fprintf(b, "%s%s: [%s]\n", indent, key, strings.Join(x, ", "))
		case []Schedule:
			fmt.Fprintf(b, "%s%s: []\n", indent, key)
		case bool, int:
			fmt.Fprintf(b, "%s%s: %v\n", indent, key, x)
		default:
			fmt.Fprintf(b, "%s%s:\n", indent, key)
			writeExample(t, b, docs, val, indent+"  ")
		}
	}
}

// plainSpan writes a span as people do: 10m and not 10m0s.
func plainSpan(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "m0s")
	if text != d.String() {
		text += "m"
	}
	return strings.Replace(text, "h0m", "h", 1)
}

// fieldDocs reads the doc comments of this package's structs: "Type" and
// "Type.Field".
func fieldDocs(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range gen.Specs {
				ts, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				docs[ts.Name.Name] = strings.TrimPrefix(flat(gen.Doc.Text()), ts.Name.Name+" is ")
				if st, ok := ts.Type.(*ast.StructType); ok {
					for _, f := range st.Fields.List {
						for _, n := range f.Names {
							docs[ts.Name.Name+"."+n.Name] = flat(f.Doc.Text())
						}
					}
				}
			}
		}
	}
	docs["Config"] = strings.ToUpper(docs["Config"][:1]) + docs["Config"][1:]
	return docs
}

func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// wrap breaks a text into lines of at most width bytes.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
