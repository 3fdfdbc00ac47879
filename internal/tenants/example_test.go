package tenants_test

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

func ExampleManifest() {
	content, err := tenants.Manifest(&v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "alice", Namespace: "blogs", Generation: 3, ResourceVersion: "1234"},
		Spec: v1alpha1.TenantSpec{
			DisplayName: "Wonderland", PaidUntil: "2031-01-31", Owner: &v1alpha1.TenantOwner{Username: "alice", Email: "alice@example.org"},
		},
		Status: v1alpha1.TenantStatus{Phase: v1alpha1.TenantActive},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(content))
	// Output:
	// apiVersion: tenancy.echoblogs.io/v1alpha1
	// kind: Tenant
	// metadata:
	//   name: alice
	//   namespace: blogs
	// spec:
	//   displayName: Wonderland
	//   owner:
	//     email: alice@example.org
	//     username: alice
	//   paidUntil: "2031-01-31"
}

// A form holds settings as text. Parse checks what was entered, and Edit changes what differs from the settings that the
// form was made from.
func ExampleSettings_Parse() {
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "alice", Generation: 3}}
	change := tenants.Change{Version: tenants.VersionOf(tenant), Base: tenants.SettingsOf(tenant), Want: tenants.SettingsOf(tenant)}
	fmt.Println(change.Want.Parse("customDomains", "WWW.alice.org\nalice.net"))
	fmt.Println(change.Want.Parse("paidUntil", "31.12.2030"))
	fmt.Println(change.Want.CustomDomains)
	// Output:
	// <nil>
	// paidUntil: Enter a date such as 2027-12-31.
	// [www.alice.org alice.net]
}
