package gitops_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// timeLimit bounds one script, as in Argo CD.
const timeLimit = time.Second

// health is what a health check returns.
type health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// available is an action as the discovery script lists it.
type available struct {
	Name     string `json:"name"`
	Disabled bool   `json:"disabled,omitempty"`
}

// run runs a script on an object as Argo CD does by default: with the libraries base, table and package, without string,
// math and io. It returns what the script returns.
func run(t testing.TB, script string, object map[string]any) lua.LValue {
	t.Helper()
	code, err := os.ReadFile(filepath.Join(customizations, script))
	if err != nil {
		t.Fatal(err)
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	t.Cleanup(state.Close)
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{{lua.LoadLibName, lua.OpenPackage}, {lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(library.open), Protect: true}, lua.LString(library.name)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(string(code)); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return state.Get(-1)
}

// checkHealth runs the health check of a kind.
func checkHealth(t testing.TB, kind string, object map[string]any) health {
	t.Helper()
	var result health
	convert(t, run(t, kind+"/health.lua", object), &result)
	return result
}

// discover returns the actions that are enabled for a Tenant.
func discover(t testing.TB, object map[string]any) map[string]bool {
	t.Helper()
	var listed map[string]available
	convert(t, run(t, "Tenant/actions/discovery.lua", object), &listed)
	enabled := make(map[string]bool, len(listed))
	for name, action := range listed {
		enabled[name] = !action.Disabled
	}
	return enabled
}

// act returns a Tenant as an action changes it.
func act(t testing.TB, action string, object map[string]any) (changed map[string]any) {
	t.Helper()
	convert(t, run(t, "Tenant/actions/"+action+"/action.lua", object), &changed)
	return changed
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case string:
		return lua.LString(value)
	case float64:
		return lua.LNumber(value)
	case int64:
		return lua.LNumber(value)
	case []any:
		table := state.CreateTable(len(value), 0)
		for _, item := range value {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.CreateTable(0, len(value))
		for name, item := range value {
			table.RawSetString(name, toLua(state, item))
		}
		return table
	}
	return lua.LNil
}

// convert converts what a script returns.
func convert(t testing.TB, value lua.LValue, into any) {
	t.Helper()
	content, err := json.Marshal(fromLua(value))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatalf("it returns %s: %v", content, err)
	}
}

func fromLua(value lua.LValue) any {
	switch value := value.(type) {
	case lua.LBool:
		return bool(value)
	case lua.LString:
		return string(value)
	case lua.LNumber:
		return float64(value)
	case *lua.LTable:
		if value.Len() > 0 {
			list := make([]any, 0, value.Len())
			for i := 1; i <= value.Len(); i++ {
				list = append(list, fromLua(value.RawGetInt(i)))
			}
			return list
		}
		object := map[string]any{}
		value.ForEach(func(name, item lua.LValue) { object[name.String()] = fromLua(item) })
		return object
	}
	return nil
}
