// Prints each secret value in the ways of Go programs. Reads a JSON list of values, writes a JSON object of lists.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/template"
)

type config struct {
	User     string
	Password string
}

func main() {
	var values []string
	if err := json.NewDecoder(os.Stdin).Decode(&values); err != nil {
		panic(err)
	}
	printings := map[string]func(string) string{
		"%q":                    func(v string) string { return fmt.Sprintf("%q", v) },
		"%+q":                   func(v string) string { return fmt.Sprintf("%+q", v) },
		"%x":                    func(v string) string { return fmt.Sprintf("%x", v) },
		"% X":                   func(v string) string { return fmt.Sprintf("% X", v) },
		"%#x":                   func(v string) string { return fmt.Sprintf("%#x", v) },
		"%v of bytes":           func(v string) string { return fmt.Sprintf("%v", []byte(v)) },
		"%#v of bytes":          func(v string) string { return fmt.Sprintf("%#v", []byte(v)) },
		"%+v of a struct":       func(v string) string { return fmt.Sprintf("%+v", config{"sa", v}) },
		"%#v of a struct":       func(v string) string { return fmt.Sprintf("%#v", config{"sa", v}) },
		"%U of runes":           func(v string) string { return fmt.Sprintf("%U", []rune(v)) },
		"QuoteToASCII of Quote": func(v string) string { return strconv.QuoteToASCII(strconv.Quote(v)) },
		"json.Marshal":          func(v string) string { return marshal(map[string]any{"value": v}) },
		"json.Marshal of bytes": func(v string) string { return marshal(map[string]any{"value": []byte(v)}) },
		"xml.Marshal": func(v string) string {
			out, _ := xml.Marshal(config{"sa", v})
			return string(out)
		},
		"url.QueryEscape":         url.QueryEscape,
		"url.PathEscape":          url.PathEscape,
		"html.EscapeString":       html.EscapeString,
		"template.JSEscapeString": template.JSEscapeString,
		"hex.Dump":                func(v string) string { return hex.Dump([]byte(v)) },
		"RawURLEncoding":          func(v string) string { return base64.RawURLEncoding.EncodeToString([]byte(v)) },
		"slog text": func(v string) string {
			var out bytes.Buffer
			drop := func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}
			slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: drop})).Info("read", "value", v)
			return out.String()
		},
		"%q of lines": func(v string) string { return fmt.Sprintf("%q", strings.Split(v, "\n")) },
	}
	printed := map[string][]string{}
	for name, of := range printings {
		for _, value := range values {
			printed[name] = append(printed[name], of(value))
		}
	}
	json.NewEncoder(os.Stdout).Encode(printed)
}

func marshal(value any) string {
	out, _ := json.Marshal(value)
	return string(out)
}
