package main

import (
	"context"
	"fmt"
	"strings"
	"text/template"
)

// readyFile exists while the demo is ready, and contains its summary.
const readyFile = "ready"

var summary = template.Must(template.New("summary").Parse(`
{{.Table}}
  http://localhost:{{.Port}}/    the public site: sign up, and write
{{range .URLs}}  {{.}}
{{end}}
  log in      as {{.Owner}}, who owns the blog {{.Owner}}, or as {{.Staff}}, who is staff, with the password in {{.State}}/{{.PasswordFile}}
  kubeconfig  {{.State}}/kubeconfig    (an administrator's)
  kubectl     {{.State}}/bin/kubectl
  database    {{.State}}/postgres-uri  (an administrator's connection string)
  mails       {{.State}}/mail/         (no mail is sent)
  logs        {{.State}}/logs/
  metrics     {{range $i, $address := .Metrics}}{{if $i}}, {{end}}http://{{$address}}/metrics{{end}}

Things to try, after

  export KUBECONFIG={{.Shell}}/kubeconfig PATH={{.Shell}}/bin:$PATH

1. Your own blog: sign up at http://localhost:{{.Port}}/, or apply one, at http://carol.localhost:{{.Port}}/

  sed 's/alice/carol/; s/Alice/Carol/' config/samples/tenancy_v1alpha1_tenant_alice.yaml | kubectl apply -f -
  kubectl wait --for=condition=Ready tenant/carol

2. A post

  printf '# Hello\n\nWritten in a *shell*.\n' > /tmp/hello.md
  kubectl echoblogs post carol /tmp/hello.md

3. A member of staff: open the link that it prints

  kubectl echoblogs staff add --username jim --email jim@example.com

4. A suspended blog: open http://bob.localhost:{{.Port}}/ after each

  kubectl patch tenant bob --type=merge -p '{"spec":{"suspended":true}}'
  kubectl patch tenant bob --type=merge -p '{"spec":{"suspended":null}}'

`))

// summarize prints that the demo is ready, and what to do with it.
func (d *demo) summarize(ctx context.Context) error {
	table, err := d.kubectl.run(ctx, "", "get", "tenants")
	if err != nil {
		return err
	}
	tenants, err := d.tenants(ctx)
	if err != nil {
		return err
	}
	var urls []string
	for _, tenant := range tenants[:min(len(tenants), 10)] {
		if tenant.Status.URL != "" {
			urls = append(urls, tenant.Status.URL+"/")
		}
	}
	var text strings.Builder
	shown, shell := d.state.shown()
	err = summary.Execute(&text, map[string]any{
		"Table": table, "URLs": urls, "Port": d.port, "Metrics": d.metrics, "State": shown, "Shell": shell,
		"Owner": ownerName, "Staff": staffName, "PasswordFile": passwordFile,
	})
	if err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	if err := d.state.write(readyFile, text.String()); err != nil {
		return err
	}
	d.progress.say("Ready")
	fmt.Fprint(d.progress.out, text.String())
	return nil
}
