package staff_test

import (
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// Owners delete their own blogs whatever the limit is. A deletion by staff beyond it is held, and staff keep the blog or let it
// go.
func TestStaffDecideAboutHeldDeletions(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	p.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.Protection = &v1alpha1.ProtectionSpec{MaxDeletionsPerHour: new(int32(1))}
	})
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin"} {
		portaltest.AddAccount(t, p, name)
	}
	portaltest.AddAccount(t, p, "frank", func(tenant *v1alpha1.Tenant) { tenant.Spec.SchemaName = "legacy" })
	for _, name := range []string{"alice", "bob"} {
		owner := portaltest.LogIn(t, site, name, portaltest.Password)
		owner.SubmitForm("/account/"+name+"/delete/", "/account/"+name+"/delete/", "name", name).Want(t, http.StatusOK, "deleted")
		p.WaitGone(name)
	}
	v := portaltest.NewStaff(t, p, site)
	v.Get("/staff/").Without(t, "wait for a decision")
	deleteByStaff := func(name string) {
		v.SubmitForm("/staff/tenants/"+name+"/", "/staff/tenants/"+name+"/delete/", "confirm", name).Want(t, http.StatusOK, "The blog is deleted.")
	}
	deleteByStaff("carol")
	p.WaitGone("carol")
	for _, name := range []string{"dave", "erin", "frank"} {
		deleteByStaff(name)
		p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDeletionHeld)
	}
	waitPage(p, v, "/staff/", `<strong>Deletions of Tenants that wait for a decision: 3 (&#34;dave&#34;, &#34;erin&#34;, &#34;frank&#34;).</strong>`)

	before := p.Tenant("dave")
	v.Get("/staff/tenants/dave/").Want(t, http.StatusOK, "<h2>Deletion</h2>", "Its blog is served until you decide.", "Keep it", "its data is kept until").Without(t, "<h2>Delete</h2>")
	v.SubmitForm("/staff/tenants/dave/", "/staff/tenants/dave/deletion/cancel/").Want(t, http.StatusOK, "The deletion is cancelled.", "<td>cancel deletion</td>", "<h2>Delete</h2>")
	p.WaitTenantsReady("dave")
	after := p.Tenant("dave")
	if after.UID == before.UID || after.Spec.Owner.Username != "dave" || after.Annotations[v1alpha1.AnnotationRegistration] != "" {
		t.Errorf("the Tenant is %+v", after)
	}
	portaltest.LogIn(t, site, "dave", portaltest.Password).Get("/account/dave/").Want(t, http.StatusOK, "dave."+stack.Domain)
	v.Submit("/staff/tenants/dave/deletion/cancel/").Want(t, http.StatusConflict, "There is nothing to decide")
	v.Submit("/staff/tenants/dave/deletion/approve/", "confirm", "dave").Want(t, http.StatusConflict, "There is nothing to decide")

	v.SubmitForm("/staff/tenants/frank/", "/staff/tenants/frank/deletion/cancel/").Want(t, http.StatusUnprocessableEntity,
		"This cannot be cancelled here", "kubectl echoblogs --namespace="+p.Namespace+" deletions cancel frank")
	p.WaitCondition("frank", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDeletionHeld)

	v.SubmitForm("/staff/tenants/erin/", "/staff/tenants/erin/deletion/approve/", "confirm", "else").Want(t, http.StatusUnprocessableEntity, "Type erin to let it be deleted.")
	v.SubmitForm("/staff/tenants/erin/", "/staff/tenants/erin/deletion/approve/", "confirm", "erin").Want(t, http.StatusOK, "The deletion is approved.")
	p.WaitGone("erin")
	waitPage(p, v, "/staff/audit/", "<td>approve deletion</td>")
	for _, name := range []string{"dave", "frank"} {
		waitStatus(t, p, name+"."+stack.Domain, http.StatusOK)
	}
}
