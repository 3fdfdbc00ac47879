package theme

// Accent is a colour for links, the focus and one ornament, in the light palette and in the dark one.
type Accent struct {
	// Name identifies the accent in settings, and Title is what writers see.
	Name, Title string
	// Light and Dark are the colour in the palettes.
	Light, Dark string
}

// Accents returns the accents that every theme has. Text of each can be read on the paper and on the raised ground of every theme.
func Accents() []Accent { return accents }

var accents = []Accent{
	{"blue", "Blue", "#1c55b8", "#8fb8fa"},
	{"teal", "Teal", "#0b6470", "#74cdd6"},
	{"green", "Green", "#2a6a33", "#8fd096"},
	{"olive", "Olive", "#6a5a00", "#d9c45a"},
	{"orange", "Orange", "#a0430a", "#ffb27a"},
	{"red", "Red", "#b3261e", "#ff9d94"},
	{"magenta", "Magenta", "#a3226b", "#f59ac9"},
	{"violet", "Violet", "#6b3fc0", "#c4a8ff"},
}

// KnownAccent reports whether there is an accent of a name.
func KnownAccent(name string) bool {
	_, ok := findAccent(name)
	return ok
}

func findAccent(name string) (Accent, bool) {
	for _, a := range accents {
		if a.Name == name {
			return a, true
		}
	}
	return Accent{}, false
}
