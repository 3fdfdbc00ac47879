package directory

import "slices"

// apply merges a snapshot into the directory.
func (d *Directory) apply(snapshot Snapshot) {
	before := d.Platform().PublicURL
	d.platform.Store(&snapshot.Platform)
	if snapshot.Platform.PublicURL != before {
		for _, t := range d.byID {
			d.replace(t, t.Entry)
		}
	}
	for _, entry := range snapshot.Tenants {
		d.put(entry)
	}
	for id, version := range snapshot.Contents {
		if t := d.byID[id]; t != nil && t.ContentVersion != version {
			entry := t.Entry
			entry.ContentVersion = version
			d.replace(t, entry)
		}
	}
}

// replace replaces the entry of a tenant by one with the same hosts, and gives its links the current scheme and port of the public
// site.
func (d *Directory) replace(old *Tenant, entry Entry) {
	t := newTenant(entry, d.Platform().PublicURL, old)
	d.byID[t.ID] = t
	for _, host := range t.Hosts {
		d.hosts.CompareAndSwap(host, old, t)
	}
	for _, r := range t.Redirects {
		d.redirects.CompareAndSwap(r.Host, old, t)
	}
}

// put merges the entry of one tenant. If another tenant has one of its hosts here, the host moves: the other entry is
// older, as the registry has each host once.
func (d *Directory) put(entry Entry) {
	if !entry.Live() {
		d.remove(entry.ID)
		return
	}
	slices.Sort(entry.Hosts) // the database returns them in any order
	old := d.byID[entry.ID]
	t, publicURL := old, d.Platform().PublicURL
	if old == nil || !old.equal(entry, publicURL) {
		t = newTenant(entry, publicURL, old)
		d.byID[t.ID] = t
		d.hostCount += len(t.Hosts)
		if old != nil {
			d.hostCount -= len(old.Hosts)
		}
	}
	for _, host := range t.Hosts {
		if d.Lookup(host) != t {
			d.hosts.Store(host, t)
		}
	}
	d.putRedirects(old, t)
	if old != nil && old != t {
		for _, host := range old.Hosts {
			if !slices.Contains(t.Hosts, host) {
				d.removeHost(host, old.ID)
			}
		}
	}
}

// putRedirects replaces the former hosts of a tenant. old may be nil.
func (d *Directory) putRedirects(old, t *Tenant) {
	if old != nil && old != t {
		d.removeRedirects(old)
	}
	for _, r := range t.Redirects {
		d.redirects.Store(r.Host, t)
	}
}

func (d *Directory) removeRedirects(t *Tenant) {
	for _, r := range t.Redirects {
		d.redirects.CompareAndDelete(r.Host, t)
	}
}

func (d *Directory) remove(id int64) {
	if t := d.byID[id]; t != nil {
		d.removeRedirects(t)
		for _, host := range t.Hosts {
			d.removeHost(host, id)
		}
		delete(d.byID, id)
		d.hostCount -= len(t.Hosts)
	}
}

// removeHost removes a host, unless it belongs to another tenant by now.
func (d *Directory) removeHost(host string, id int64) {
	if t := d.Lookup(host); t != nil && t.ID == id {
		d.hosts.Delete(host)
	}
}

// report sets the metrics of the directory's size. It runs after every notification, so it does not count.
func (d *Directory) report() {
	d.metrics.tenants.Set(float64(len(d.byID)))
	d.metrics.hosts.Set(float64(d.hostCount))
}
