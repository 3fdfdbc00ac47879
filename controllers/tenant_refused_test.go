package controllers_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/internal/naming"
)

// manifest returns a manifest of a Tenant, as a user writes it.
func manifest(name, spec string) string {
	if spec == "" {
		spec = "{}"
	}
	return fmt.Sprintf("apiVersion: tenancy.echoblogs.io/v1alpha1\nkind: Tenant\nmetadata: {name: %q}\nspec: %s\n", name, spec)
}

// apply applies a manifest and returns the error of the API server.
func (p *platform) apply(t *testing.T, manifest string) error {
	t.Helper()
	var object unstructured.Unstructured
	if err := yaml.Unmarshal([]byte(manifest), &object); err != nil {
		t.Fatal(err)
	}
	object.SetNamespace(p.Namespace)
	return p.Client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(&object), client.FieldOwner("test"), client.ForceOwnership)
}

func TestRefusedManifests(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	long := strings.Repeat("a", 41)
	tests := map[string]struct{ name, spec, want string }{
		"a name that is too long":             {name: long, want: "use at most 40 lowercase letters"},
		"a name with a dot":                   {name: "a.b", want: "use at most 40 lowercase letters"},
		"a name of Postgres":                  {name: "pg-stat", want: "names that start with pg- or deleted- are reserved"},
		"a name of a tombstone":               {name: "deleted-1", want: "names that start with pg- or deleted- are reserved"},
		"a reserved name":                     {name: "www", want: "this name is reserved for the platform itself: choose another name"},
		"a name with that of the product":     {name: "echo-blogs-login", want: "this name is reserved for the platform itself: choose another name"},
		"an international name":               {name: "xn--pypal-4ve", want: "names with hyphens as the third and fourth characters are reserved"},
		"a reserved name with hyphens":        {name: "help-desk", want: "this name is reserved for the platform itself: choose another name"},
		"a title that turns around":           {spec: `{displayName: "a\u202Eb"}`, want: "use text on one line, without control characters, changes of direction or invisible characters"},
		"a title with an invisible letter":    {spec: `{displayName: "a\u200Bb"}`, want: "use text on one line"},
		"a title with an unassigned one":      {spec: `{displayName: "a\u2065b"}`, want: "use text on one line"},
		"a title with a joiner":               {spec: `{displayName: "a\u200Db"}`, want: "use text on one line"},
		"a reason on two lines":               {spec: `{suspensionReason: "a\nb"}`, want: "use text on one line"},
		"a reason that is too long":           {spec: `{suspensionReason: "` + strings.Repeat("x", 201) + `"}`, want: "may not be more than 200"},
		"a title on two lines":                {spec: `{displayName: "a\nb"}`, want: "use text on one line"},
		"a blank title":                       {spec: `{displayName: "\u00A0"}`, want: "use at least one visible character"},
		"an owner with a line break":          {spec: `{owner: {username: "alice\n"}}`, want: "use lowercase letters, digits and hyphens"},
		"an owner with an international name": {spec: `{owner: {username: "xn--pypal-4ve"}}`, want: "and not with hyphens as the third and fourth characters"},
		"an invisible address":                {spec: `{owner: {username: alice, email: "ali\u200Bce@example.com"}}`, want: "use text on one line"},
		"an address that mail cannot reach":   {spec: `{owner: {username: alice, email: "jürgen@example.com"}}`, want: "with only ASCII characters before the @"},
		"an address with a space":             {spec: `{owner: {username: alice, email: "alice@\u00A0example.com"}}`, want: "must be an email address such as alice@example.com"},
		"a schema with a hyphen":              {spec: "{schemaName: a-b}", want: "use only lowercase letters, digits and underscores"},
		"a schema in upper case":              {spec: "{schemaName: Alice}", want: "use only lowercase letters, digits and underscores"},
		"a schema that is too long":           {spec: "{schemaName: " + strings.Repeat("a", 49) + "}", want: "spec.schemaName: Too long: may not be more than 48 bytes"},
		"an empty schema":                     {spec: `{schemaName: ""}`, want: "spec.schemaName: Invalid value: \"\": spec.schemaName in body should be at least 1 chars long"},
		"a schema of Postgres":                {spec: "{schemaName: pg_catalog}", want: "schema names that start with pg_ or deleted_ are reserved"},
		"a schema of a tombstone":             {spec: "{schemaName: deleted_1_20270101}", want: "schema names that start with pg_ or deleted_ are reserved"},
		"a reserved schema":                   {spec: "{schemaName: public}", want: "this schema name is reserved: choose another one"},
		"the information schema":              {spec: "{schemaName: information_schema}", want: "this schema name is reserved: choose another one"},
		"a domain with a scheme":              {spec: `{domain: "https://example.com"}`, want: "must be a host name in lower case such as blogs.example.com"},
		"a domain in upper case":              {spec: "{domain: Example.com}", want: "must be a host name in lower case"},
		"a domain that ends in a number":      {spec: "{domain: blogs.1}", want: "must be a host name in lower case"},
		"a host that ends in a number":        {spec: "{customDomains: [www.alice.0x7f]}", want: "must be a full host name in lower case"},
		"a domain that is an address":         {spec: `{domain: "10.0.0.1"}`, want: "must be a host name in lower case"},
		"a custom domain with a port":         {spec: `{customDomains: ["www.alice.org:80"]}`, want: "must be a full host name in lower case such as www.alice.org"},
		"a custom domain without a dot":       {spec: "{customDomains: [alice]}", want: "must be a full host name in lower case"},
		"a custom domain with a wildcard":     {spec: `{customDomains: ["*.alice.org"]}`, want: "must be a full host name in lower case"},
		"a custom domain that ends in a dot":  {spec: `{customDomains: ["www.alice.org."]}`, want: "must be a full host name in lower case"},
		"a custom domain with a long label":   {spec: "{customDomains: [" + strings.Repeat("a", 64) + ".org]}", want: "must be a full host name in lower case"},
		"a custom domain twice":               {spec: "{customDomains: [www.a.org, www.a.org]}", want: `.spec.customDomains: duplicate entries for key [="www.a.org"]`},
		"too many custom domains":             {spec: "{customDomains: [" + strings.Join(hostNames(21), ", ") + "]}", want: "spec.customDomains: Too many: 21: must have at most 20 items"},
		"a date in words":                     {spec: `{paidUntil: "next year!"}`, want: "must be a date such as 2027-01-31"},
		"a day that is not in the calendar":   {spec: `{paidUntil: "2027-02-30"}`, want: "must be a date such as 2027-01-31"},
		"a time for a date":                   {spec: `{paidUntil: "2027-01-31T00:00:00Z"}`, want: "spec.paidUntil: Too long: may not be more than 10 bytes"},
		"a negative limit of posts":           {spec: "{limits: {posts: -1}}", want: "spec.limits.posts in body should be greater than or equal to 0"},
		"a negative limit of storage":         {spec: "{limits: {storage: -1Gi}}", want: "must be a whole number of bytes from 0 to 1Pi, such as 500Mi"},
		"more storage than there is":          {spec: "{limits: {storage: 16E}}", want: "must be a whole number of bytes from 0 to 1Pi, such as 500Mi"},
		"half a byte of storage":              {spec: "{limits: {storage: 500m}}", want: "must be a whole number of bytes from 0 to 1Pi, such as 500Mi"},
		"a tenth of a byte of storage":        {spec: `{limits: {storage: "1e-1"}}`, want: "must be a whole number of bytes from 0 to 1Pi, such as 500Mi"},
		"one and a half bytes of storage":     {spec: "{limits: {storage: \"1.5\"}}", want: "must be a whole number of bytes from 0 to 1Pi, such as 500Mi"},
		"an invalid amount of storage":        {spec: "{limits: {storage: much}}", want: "spec.limits.storage: Invalid value: \"much\""},
		"a negative limit of requests":        {spec: "{limits: {requestsPerSecond: -1}}", want: "spec.limits.requestsPerSecond in body should be greater than or equal to 0"},
		"an unknown policy":                   {spec: "{deletionPolicy: Maybe}", want: `spec.deletionPolicy: Unsupported value: "Maybe": supported values: "Retain", "Delete"`},
		"an owner without a name":             {spec: "{owner: {email: a@b}}", want: "spec.owner.username: Required value"},
		"an invalid email address":            {spec: "{owner: {username: a, email: alice}}", want: "must be an email address such as alice@example.com"},
		"an address at an IP address":         {spec: `{owner: {username: a, email: "a@[127.0.0.1]"}}`, want: "must be an email address such as alice@example.com"},
		"an address at no host":               {spec: "{owner: {username: a, email: a@x_y.org}}", want: "must be an email address such as alice@example.com"},
		"an address at a bare IP address":     {spec: "{owner: {username: a, email: a@127.0.0.1}}", want: "must be an email address such as alice@example.com"},
		"two addresses":                       {spec: `{owner: {username: a, email: "a@x.org,b@x.org"}}`, want: "must be an email address such as alice@example.com"},
		"an unknown field":                    {spec: "{schema: a}", want: "field not declared in schema"},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := test.name
			if name == "" {
				name = "alice"
			}
			err := p.apply(t, manifest(name, test.spec))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that contains %q", err, test.want)
			}
		})
	}
}

func TestRefusedPlatforms(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	const wrongPrefix = "must consist of lowercase letters, digits and underscores, such as blogs_staging"
	const unreachable = "must be an email address or a page, such as mailto:help@example.com or https://example.com/help"
	const notAPattern = "must be a full host name in lower case such as www.alice.org, or a pattern such as *.alice.org"
	tests := map[string]struct{ spec, want string }{
		"a contact without a scheme":           {`contact: help@example.com`, unreachable},
		"an empty site":                        {`site: {}`, "should have at least 1 properties"},
		"a name of two lines":                  {`site: {name: "One\nTwo"}`, "must be one line without spaces at its ends, such as Harbour Blogs"},
		"a tagline with a space at its end":    {`site: {tagline: "A blog "}`, "must be one line without spaces at its ends, such as a blog of your own"},
		"terms that are a script":              {`site: {terms: "javascript:alert(1)"}`, "must be the address of a page, such as https://example.com/terms"},
		"an imprint by plain HTTP":             {`site: {imprint: "http://example.com/imprint"}`, "must be the address of a page, such as https://example.com/terms"},
		"a negative trial":                     {`defaults: {trialDays: -1}`, "should be greater than or equal to 0"},
		"a contact by plain HTTP":              {`contact: "http://example.com/help"`, unreachable},
		"a contact by telephone":               {`contact: "tel:+4930123456"`, unreachable},
		"a contact that is a script":           {`contact: "javascript:alert(1)"`, unreachable},
		"a contact after a space":              {`contact: " https://example.com"`, unreachable},
		"a contact on two lines":               {`contact: "https://example.com/\nx"`, unreachable},
		"a contact with a quotation mark":      {`contact: 'https://example.com/"x'`, unreachable},
		"a contact with a password":            {`contact: "https://jane:secret@example.com/"`, unreachable},
		"a contact with a subject":             {`contact: "mailto:help@example.com?subject=x"`, unreachable},
		"a contact without a user":             {`contact: "mailto:@example.com"`, unreachable},
		"a contact that is too long":           {`contact: "https://example.com/` + strings.Repeat("a", 281) + `"`, "Too long"},
		"an empty contact":                     {`contact: ""`, "at least 1 chars"},
		"more storage than there is":           {`defaults: {limits: {storage: 16E}}`, "must be a whole number of bytes from 0 to 1Pi, such as 500Mi"},
		"more storage on trial than there is":  {`defaults: {trialLimits: {storage: 2Pi}}`, "must be a whole number of bytes from 0 to 1Pi, such as 500Mi"},
		"an unknown way to register":           {`registration: Maybe`, `"Open", "Invite", "Closed"`},
		"an unknown policy for domains":        {`routing: {customDomains: All}`, `"Verified", "Listed", "Any"`},
		"a pattern with two wildcards":         {`routing: {allowedCustomDomains: ["*.*.org"]}`, notAPattern},
		"a pattern within a label":             {`routing: {allowedCustomDomains: ["*alice.org"]}`, notAPattern},
		"a wildcard in the middle":             {`routing: {allowedCustomDomains: ["www.*.org"]}`, notAPattern},
		"a pattern that ends in a number":      {`routing: {allowedCustomDomains: ["*.1"]}`, notAPattern},
		"a pattern for everything":             {`routing: {allowedCustomDomains: ["*.*"]}`, notAPattern},
		"a pattern in upper case":              {`routing: {allowedCustomDomains: ["*.Alice.org"]}`, notAPattern},
		"a pattern with a port":                {`routing: {allowedCustomDomains: ["alice.org:80"]}`, notAPattern},
		"a pattern of an address":              {`routing: {allowedCustomDomains: ["192.0.2.1"]}`, notAPattern},
		"a pattern below an address":           {`routing: {allowedCustomDomains: ["*.0.2.1"]}`, notAPattern},
		"an allowed host without a dot":        {`routing: {allowedCustomDomains: [alice]}`, notAPattern},
		"a long label in a pattern":            {`routing: {allowedCustomDomains: ["*.` + strings.Repeat("a", 64) + `.org"]}`, notAPattern},
		"an allowed domain twice":              {`routing: {allowedCustomDomains: [www.a.org, www.a.org]}`, "duplicate entries"},
		"too many allowed domains":             {`routing: {allowedCustomDomains: [` + strings.Join(hostNames(101), ", ") + `]}`, "must have at most 100 items"},
		"no domain":                            {`domains: []`, "at least 1 items"},
		"a domain twice":                       {`domains: [example.com, example.com]`, "lists one domain twice: remove the duplicate"},
		"a role prefix that Postgres reserves": {`database: {secretRef: {name: database}, rolePrefix: pg_a}`, wrongPrefix},
		"a role prefix with a hyphen":          {`database: {secretRef: {name: database}, rolePrefix: a-b}`, wrongPrefix},
		"a role prefix with a quotation mark":  {`database: {secretRef: {name: database}, rolePrefix: "a\"b"}`, wrongPrefix},
		"a role prefix that is too long":       {`database: {secretRef: {name: database}, rolePrefix: ` + strings.Repeat("a", 49) + `}`, "Too long"},
		"a public address with a path":         {`publicURL: "https://example.com/blogs"`, "must be an address such as https://example.com or http://localhost:8000, without a path"},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			err := p.apply(t, platformManifest("default", test.spec))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that contains %q", err, test.want)
			}
		})
	}
	for _, name := range []string{"a.b", strings.Repeat("a", 64)} { // names of Secrets and labels contain it
		if err := p.apply(t, platformManifest(name, "")); err == nil || !strings.Contains(err.Error(), "use a name of at most 63 lowercase letters, digits and hyphens") {
			t.Errorf("the name %s: %v", name, err)
		}
	}
	allowed := `routing: {customDomains: Listed, allowedCustomDomains: ["*.org", "*.xn--bcher-kva.example", www.alice.org, a-1.b]}`
	if err := p.apply(t, platformManifest("allowed", allowed)); err != nil {
		t.Errorf("%s: %v", allowed, err)
	}
	for name, contact := range map[string]string{
		"mail": "mailto:jane.doe+help@mail.example.com", "page": "https://example.com:8443/help/?about=blogs#ask", "site": "https://example.com",
		"long": "https://example.com/" + strings.Repeat("a", 280),
	} {
		if err := p.apply(t, platformManifest(name, fmt.Sprintf("contact: %q", contact))); err != nil {
			t.Errorf("%s: %v", contact, err)
		}
	}
	p.wantFixedRolePrefix(t)
}

// wantFixedRolePrefix checks that the role prefix of a Platform cannot be changed.
func (p *platform) wantFixedRolePrefix(t *testing.T) {
	t.Helper()
	database := func(prefix string) string {
		if prefix != "" {
			prefix = ", rolePrefix: " + prefix
		}
		return "database: {secretRef: {name: database}" + prefix + "}"
	}
	for name, prefixes := range map[string][2]string{"changed": {"a", "b"}, "set": {"", "b"}, "unset": {strings.Repeat("a", 48), ""}} {
		if err := p.apply(t, platformManifest(name, database(prefixes[0]))); err != nil {
			t.Fatal(err)
		}
		err := p.apply(t, platformManifest(name, database(prefixes[1])))
		if err == nil || !strings.Contains(err.Error(), "rolePrefix cannot be changed after creation: create another Platform") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, prefix := range []string{"", "echoblogs", ""} {
		if err := p.apply(t, platformManifest("fixed", database(prefix))); err != nil {
			t.Errorf("the default, by name or empty: %v", err)
		}
	}
}

// platformManifest returns a manifest of a Platform. line replaces the line of the same field.
func platformManifest(name, line string) string {
	spec := ""
	for _, whole := range []string{
		"domains: [example.com]", "publicURL: https://example.com", "database: {secretRef: {name: database}}", "backend: {name: blog}",
	} {
		if field, _, _ := strings.Cut(whole, ":"); !strings.HasPrefix(line, field+":") {
			spec += "  " + whole + "\n"
		}
	}
	return fmt.Sprintf("apiVersion: tenancy.echoblogs.io/v1alpha1\nkind: Platform\nmetadata: {name: %q}\nspec:\n%s  %s\n", name, spec, line)
}

func hostNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("www%d.alice.org", i)
	}
	return names
}

func TestSchemaNameNeverChanges(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	for name, specs := range map[string][2]string{
		"changed": {"{schemaName: one}", "{schemaName: two}"},
		"set":     {"{}", "{schemaName: two}"},
		"unset":   {"{schemaName: one}", "{displayName: x}"},
	} {
		if err := p.apply(t, manifest(name, specs[0])); err != nil {
			t.Fatal(err)
		}
		err := p.apply(t, manifest(name, specs[1]))
		if err == nil || !strings.Contains(err.Error(), "schemaName cannot be set, changed or unset after creation") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := p.apply(t, manifest("moved", "{}")); err != nil {
		t.Fatal(err)
	}
	err := p.apply(t, manifest("moved", "{platformRef: {name: other}}"))
	if err == nil || !strings.Contains(err.Error(), "a Tenant cannot move to another Platform") {
		t.Errorf("moved: got %v", err)
	}
}

func TestAcceptedManifests(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	for name, spec := range map[string]string{
		strings.Repeat("a", 40): "{}",
		"1":                     "{schemaName: _1}",
		"largest":               "{limits: {storage: 1Pi}}",
		"half":                  "{limits: {storage: 1.5Gi}}",
		"plain":                 "{limits: {storage: 1000000}}",
		"a-title":               `{displayName: "می\u200cخواهم ❤️\u200d🔥"}`,
		"everything": `{platformRef: {name: default}, displayName: "Ж", schemaName: everything_1, domain: localhost,
			customDomains: [xn--bcher-kva.example, www.a.org], paidUntil: "2028-02-29", trial: false, suspended: true, suspensionReason: "Überfällig",
			owner: {username: alice, email: alice@example.com}, deletionPolicy: Delete, limits: {posts: 0, storage: 500Mi, requestsPerSecond: 5}}`,
	} {
		if err := p.apply(t, manifest(name, spec)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The CRD and internal/naming reserve the same names, and have the same rule for text.
func TestRulesAreShared(t *testing.T) {
	t.Parallel()
	definition, err := os.ReadFile("../charts/echoblogs/crds/tenancy.echoblogs.io_tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(string(definition)), "")
	for rule, fields := range map[string]string{
		"['" + strings.Join(naming.Reserved, "','") + "']": "metadata.name and schemaName",
		"self.matches(r'" + naming.TextPattern + "')":      "displayName and suspensionReason and owner.email",
		"self.matches(r'" + naming.VisiblePattern + "')":   "displayName and suspensionReason",
		"self.matches(r'" + naming.EmailPattern + "')":     "owner.email",
	} {
		// YAML may quote the rule.
		got := strings.Count(flat, rule) + strings.Count(flat, strings.ReplaceAll(rule, "'", "''"))
		if want := 1 + strings.Count(fields, " and "); got != want {
			t.Errorf("the definition of Tenant has %d times the rule of internal/naming for %s, want %d. The rule is now\n%s", got, fields, want, rule)
		}
	}
}
