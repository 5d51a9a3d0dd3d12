"""What people look at: terminal trees and tables. Builds renderables; printing is the command line's."""
