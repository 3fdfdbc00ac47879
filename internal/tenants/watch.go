package tenants

import (
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// OnChange registers a function that is called after each change of a Tenant. before is nil after the creation of a Tenant,
// and after is nil after its deletion. Tenants that exist when the watch starts are not reported. Call OnChange before Run;
// changed must not block.
func (c *Client) OnChange(changed func(before, after *v1alpha1.Tenant)) {
	c.changed = append(c.changed, changed)
}

func (c *Client) eventHandler() toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerDetailedFuncs{
		AddFunc: func(object any, isInInitialList bool) {
			c.indexChange(nil, object)
			if !isInInitialList {
				c.notify(nil, object)
			}
		},
		UpdateFunc: func(before, after any) {
			c.indexChange(before, after)
			c.notify(before, after)
		},
		DeleteFunc: func(object any) {
			if gone, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
				object = gone.Obj
			}
			c.indexChange(object, nil)
			c.notify(object, nil)
		},
	}
}

// indexChange updates the index of Client.Search.
func (c *Client) indexChange(before, after any) {
	was, _ := before.(*v1alpha1.Tenant)
	is, _ := after.(*v1alpha1.Tenant)
	switch {
	case is != nil:
		c.index.update(is.Name, is)
	case was != nil:
		c.index.update(was.Name, nil)
	}
}

// notify reports a change of an object to OnChange's functions if the object is a Tenant.
func (c *Client) notify(before, after any) {
	was, _ := before.(*v1alpha1.Tenant)
	is, _ := after.(*v1alpha1.Tenant)
	if was == nil && is == nil {
		return
	}
	for _, changed := range c.changed {
		changed(was, is)
	}
}
