package portal

// handoverRoutes are the pages that a login passes from here to a blog by.
func (p *Portal) handoverRoutes() map[string]handler {
	return map[string]handler{}
}
