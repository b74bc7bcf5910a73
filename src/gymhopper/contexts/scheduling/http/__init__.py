"""The routes of scheduling."""

from fastapi import APIRouter

routers: list[APIRouter] = []
