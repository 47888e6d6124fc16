// Package watch looks over the shoulder of a program under test: what it creates
// in its folder for temporary files, and what stands in every file that it has
// open, also in one that has no name any more. It works on Linux alone, changes
// nothing, and never prints what it finds.
package watch
